import { afterAll, expect, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { PAGES } from './pages.ts'
import { createUserProject, LONGEST_RUN_MS, programsOf, startsDatabase } from './user-project.ts'

const blocks = PAGES.flatMap(blocksOf).filter(startsDatabase)
const project = createUserProject(blocks)

afterAll(() => project.remove())

test.each(programsOf(blocks))(
  '$at, with a database within the process, runs, prints what the page shows, and ends',
  async ({ block, output }) => {
    expect(await project.run(block)).toEqual({ code: 0, stdout: output, stderr: '' })
  },
  LONGEST_RUN_MS + 10_000,
)
