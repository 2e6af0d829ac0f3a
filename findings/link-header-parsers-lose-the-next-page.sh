#!/usr/bin/env bash
# A list ends where its answer has no link to the next page. Two parsers of the Link header do not find that link in forms that the RFC
# allows, and say that there is none: the list seems to end at its first page.
# Seen with parse-link-header 2.0.0 and li 1.3.0 beside http-link-header 1.1.4 on Node 20 and 24: `<…?page=2>; Rel="next"`, `rel="Next"` and
# `rel = "next"`: no `next` in either; `<…?page=2> ; rel="next"`, a space before the semicolon: none in li. http-link-header finds it in
# all four. `rel="next"`, `rel=next` and `rel="next last"`: all three find it.
# Why it matters: "is order 51 among the payments?" is asked of the list after a lost answer. The payment is on page two, the program says
# that it is not there, and pays again. A proxy or a framework that writes names its own way is enough.
# Source: RFC 8288 3 (names of parameters in any case, blanks around "=" and ";") and 2.1.1 (relation types compare without case).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent parse-link-header@2.0.0 li@1.3.0 http-link-header@1.1.4
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const parseLinkHeader = require('parse-link-header')
const li = require('li')
const LinkHeader = require('http-link-header')
const page = 'https://pay.test/payments?page=2'
const parsers = {
  'parse-link-header 2.0.0': header => parseLinkHeader(header)?.next?.url,
  'li 1.3.0': header => li.parse(header).next,
  'http-link-header 1.1.4': header => LinkHeader.parse(header).rel('next')[0]?.uri,
}
const headers = [`<${page}>; rel="next"`, `<${page}>; rel=next`, `<${page}>; rel="next last"`, `<${page}>; Rel="next"`, `<${page}>; rel="Next"`, `<${page}>; rel = "next"`, `<${page}> ; rel="next"`]
const seen = Object.entries(parsers).map(([name, next]) => {
  const found = headers.map(header => (next(header) === page ? 'next' : 'none'))
  console.log(name, Object.fromEntries(headers.map((header, index) => [header.replace(page, '…'), found[index]])))
  return found.join()
})
const plain = 'next,next,next'
const same = seen.join('; ') === `${plain},none,none,none,next; ${plain},none,none,none,none; ${plain},next,next,next,next`
console.log(same ? 'as described: the list ends at its first page' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
