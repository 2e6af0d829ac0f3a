// Every npm script starts here. No newer syntax than Node 12 reads, or an old Node fails before it can say why.
const needed = [22, 18]
const found = process.versions.node.split('.').map(Number)

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    'stillonce needs Node ' +
      needed.join('.') +
      ' or newer, and this is Node ' +
      process.versions.node +
      ': run `npm ci`, install scripts included, so that the npm scripts find the Node 24 that the repository brings.',
  )
  process.exit(1)
}
