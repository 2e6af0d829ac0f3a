#!/usr/bin/env bash
# bun:sqlite of Bun before 1.4 drops a U+FEFF (mark of byte order) from the beginning of a text that it is given: what
# comes back is one character shorter, and two keys that differ in it are one. What lies in the file is read as it is.
# Seen with Bun 1.3.14 and 1.2.0 (npm package `bun`); Bun 1.4.5 keeps the text.
# Why it matters: a store that compares and sets by such a key takes one operation for another. A text that begins so is
# given with one more in front of it.
# Source: https://bun.sh/docs/api/sqlite: "string" is "TEXT", no conversion is named.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.mjs" <<'PROGRAM'
import { Database } from 'bun:sqlite'

const ask = new Database(':memory:').prepare('SELECT hex(?) AS bytes, ? AS text')
const { bytes, text } = ask.get('\ufeffa', '\ufeffa')
const twice = ask.get('\ufeff\ufeffa', '\ufeff\ufeffa').bytes
console.log(`Bun ${Bun.version}: given 2 characters, stored ${bytes}, given back ${text.length}; given 3, stored ${twice}`)
const isOld = Bun.version.startsWith('1.3')
const same = isOld ? bytes === '61' && text.length === 1 && twice === 'EFBBBF61' : bytes === 'EFBBBF61' && text.length === 2
console.log(same ? 'as described' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
for version in 1.3.14 1.4.5; do
  mkdir "$folder/$version"
  cd "$folder/$version"
  npm init -y >/dev/null
  npm install --no-audit --no-fund --silent "bun@$version" >/dev/null
  timeout 30 ./node_modules/.bin/bun "$folder/run.mjs"
done
