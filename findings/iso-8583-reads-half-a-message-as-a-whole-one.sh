#!/usr/bin/env bash
# iso_8583 does not compare a message with its length. What has come of it so far is read as a whole message, cut fields and empty
# ones included; what comes behind it, a second message in the same packet, is dropped. Neither is an error.
# Seen with iso_8583 2.6.7 on Node 20 and 24: an answer 0210, approved (39 is "00"), written by the package itself with its length in
# front: its first 50 bytes give an amount (field 4) of "0000" instead of 000000002000 and an empty 39; all but the last three bytes
# give it with the currency "" ; two answers in one Buffer, to 000051 and to 000052, give the first.
# Why it matters: TCP cuts and joins as it likes, and `socket.on('data', bytes => new Iso().getIsoJSON(bytes))` is what one writes. An
# answer that was on its way is "not approved", and the payment is made again; that of 000052 is never seen, and it is repeated.
# What reads otherwise: ISO 8583 over TCP, whose two bytes of length are there for this; the package makes them (getBufferMessage).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent iso_8583@2.6.7
cat >run.cjs <<'PROGRAM'
const Iso = require('iso_8583')

const answer = number => new Iso({
  0: '0210',
  2: '4761739001010119',
  3: '000000',
  4: '000000002000',
  7: '1130091500',
  11: number,
  37: `000000${number}`,
  39: '00',
  41: '12345678',
  49: '978',
}).getBufferMessage()
const bytes = answer('000051')
const length = bytes.readUInt16BE(0)
const read = part => {
  const json = new Iso().getIsoJSON(part)
  return json.error ?? [4, 11, 39, 49].map(field => `${field}=${json[field]}`).join(' ')
}
const seen = {
  whole: read(bytes),
  'first 50 bytes': read(bytes.subarray(0, 50)),
  'all but 3': read(bytes.subarray(0, -3)),
  'two in one': read(Buffer.concat([bytes, answer('000052')])),
}
console.log(`iso_8583 ${require('iso_8583/package.json').version}, ${bytes.length} bytes, length in front ${length}`, seen)
const same = length === bytes.length - 2
  && seen.whole === '4=000000002000 11=000051 39=00 49=978'
  && seen['first 50 bytes'] === '4=0000 11= 39= 49='
  && seen['all but 3'] === '4=000000002000 11=000051 39=00 49='
  && seen['two in one'] === '4=000000002000 11=000051 39=00 49=978'
console.log(same ? 'as described: half a message is a message' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
