#!/usr/bin/env bash
# iso_8583 makes a message its own repeat by counting up the last digit of its type, in place. The second repeat of a payment is 0202,
# which says that the card's issuer sent it, the third 0203, the issuer's repeat, the fourth no message at all.
# Seen with iso_8583 2.6.7 on Node 20 and 24: a purchase, 0200, `toRetransmit()` four times: 0201, 0202, 0203 (each passes
# validateMessage() and is packed), 0204 (an error). `toResponse()` to a repeat, 0201, gives 0211; called once more, 0221.
# Why it matters: the type is the one thing by which the other side knows that it may have executed this payment before. A terminal
# that repeats until it is answered sends the second repeat as a new message of another party: refused, or executed once more. Make
# the repeat of the first message each time: `new Iso({ ...message }).toRetransmit()`.
# What reads otherwise: ISO 8583, where the last digit is who sent it: 0 acquirer, 1 its repeat, 2 issuer, 3 its repeat, and every
# repeat of 0200 is 0201; the package's own comment, it gives a new message with the type of a repeat.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent iso_8583@2.6.7
cat >run.cjs <<'PROGRAM'
const Iso = require('iso_8583')

const purchase = {
  0: '0200',
  2: '4761739001010119',
  3: '000000',
  4: '000000002000',
  7: '1130091500',
  11: '000051',
  12: '091500',
  13: '1130',
  22: '051',
  25: '00',
  37: '000000000051',
  41: '12345678',
  42: 'EXAMPLE_SHOP_01',
  49: '978',
}
const message = new Iso({ ...purchase })
const sent = [1, 2, 3, 4].map(() => {
  message.toRetransmit()
  const bytes = message.getBufferMessage()
  return `${message.Msg[0]} ${message.validateMessage() === true ? 'valid' : 'refused'} ${Buffer.isBuffer(bytes) ? bytes.subarray(2, 6) : 'no bytes'}`
})
const response = new Iso({ ...purchase, 0: '0201' })
const answered = [response.toResponse()[0], response.toResponse()[0]]
const fresh = [1, 2, 3].map(() => new Iso({ ...purchase }).toRetransmit()[0])
console.log(`iso_8583 ${require('iso_8583/package.json').version}`, { sent, answered, fresh })
const same = sent.join() === '0201 valid 0201,0202 valid 0202,0203 valid 0203,0204 refused no bytes'
  && answered.join() === '0211,0221' && fresh.join() === '0201,0201,0201'
console.log(same ? 'as described: a repeat of a repeat is somebody else\'s' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
