#!/usr/bin/env bash
# lftp uploads a file once more where the server has the whole of it and the connection breaks before "226 Transfer complete". It does so
# by itself, asks for the file's size first, and takes "no such file" for "nothing arrived".
# Seen with lftp 4.9.2 (Debian 12), beside ncftpput 3.2.6 and curl 7.88.1 with --retry 3: an inbox that takes each file away as soon as
# it is whole, as a bank's may. lftp `put payments.xml`: two files are taken, exit 0, nothing printed. ncftpput and curl: one, exits 3
# and 56.
# Why it matters: a file of payments is a call that must not happen twice, and FTP has no key. Whether the bank sees the double depends
# on the message id in the file, and on what it does with it. The log says that one upload went well.
# What reads otherwise: the manual names the setting and not that an upload is an operation like a download; the default is 1,000 tries.
# With `set net:max-retries 1` it gives up, exit 1; a file that is put under another name and renamed at the end is not taken before.
set -eu
command -v lftp >/dev/null && command -v ncftpput >/dev/null && command -v curl >/dev/null || {
  echo 'needs lftp, ncftpput and curl: apt-get install -y lftp ncftp curl'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'

writeFileSync('payments.xml', '<run id="51"/>\n')
const clients = {
  'lftp': port => ['lftp', '-e', 'set net:reconnect-interval-base 1; put payments.xml; exit', `ftp://shop:none@127.0.0.1:${port}`],
  'lftp, net:max-retries 1': port => ['lftp', '-e', 'set net:max-retries 1; put payments.xml; exit', `ftp://shop:none@127.0.0.1:${port}`],
  'ncftpput': port => ['ncftpput', '-V', '-u', 'shop', '-p', 'none', '-P', `${port}`, '127.0.0.1', '.', 'payments.xml'],
  'curl --retry 3': port => ['curl', '-s', '--retry', '3', '-T', 'payments.xml', `ftp://shop:none@127.0.0.1:${port}/`],
}
// an inbox: takes a file away as soon as the whole of it is there
function inbox(taken) {
  return createServer(control => {
    const say = line => control.write(`${line}\r\n`)
    let upload
    const answers = {
      USER: () => say('331 password'),
      PASS: () => say('230 welcome'),
      PWD: () => say('257 "/"'),
      TYPE: () => say('200 ok'),
      SIZE: () => say('550 no such file'),
      QUIT: () => say('221 bye'),
      EPSV: () => passive(port => `229 passive (|||${port}|)`),
      PASV: () => passive(port => `227 passive (127,0,0,1,${port >> 8},${port & 255})`),
      async STOR() {
        say('150 send')
        let bytes = 0
        for await (const piece of await upload) bytes += piece.length
        if (bytes > 0 && taken.push(bytes) === 1) return control.destroy()
        say('226 transfer complete')
      },
    }
    async function passive(line) {
      const data = createServer()
      await once(data.listen(0, '127.0.0.1'), 'listening')
      upload = once(data, 'connection').then(([socket]) => (data.close(), socket))
      say(line(data.address().port))
    }
    let text = ''
    control.on('error', () => {}).on('data', piece => {
      text += piece
      const lines = text.split('\r\n')
      text = lines.pop()
      for (const line of lines) (answers[line.split(' ')[0].toUpperCase()] ?? (() => say('502 not known')))()
    })
    say('220 inbox')
  })
}
const seen = {}
for (const [name, command] of Object.entries(clients)) {
  const taken = []
  const server = inbox(taken)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const [program, ...options] = command(server.address().port)
  const env = { ...process.env, HOME: process.cwd() }
  const code = await new Promise(done => execFile(program, options, { env, timeout: 40_000 }, error => done(error ? error.code : 0)))
  server.close()
  seen[name] = `${taken.length} taken, exit ${code}`
  console.log(`${name}: ${seen[name]}`)
}
const same = Object.values(seen).join('; ') === '2 taken, exit 0; 1 taken, exit 1; 1 taken, exit 3; 1 taken, exit 56'
console.log(same ? 'as described: two files, one success' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 170 node run.mjs
