#!/usr/bin/env bash
# S3 refuses a write with `If-None-Match: *` where the object is there, and one with `If-Match` where it is another one, so that a claim can
# be an object. s3rver, which stands in for S3 in tests, does not look at either: each write wins, and the last one stays.
# Seen with s3rver 3.7.1 and @aws-sdk/client-s3 3.1175.0 on Node 20 and 24: PutObject of order-51 with IfNoneMatch '*' by one and by two:
# 200 and 200, the object says "two"; PutObject with an ETag that was never there in IfMatch: 200.
# Why it matters: the test in which two workers claim one order shows two that have it, whatever the code does, so that it is written
# without one, or the check is taken for broken; what happens after a 412 is never run.
# What reads otherwise: S3's pages on conditional writes (412 Precondition Failed).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent s3rver@3.7.1 @aws-sdk/client-s3@3.1175.0
cat >run.mjs <<'PROGRAM'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

const S3rver = createRequire(import.meta.url)('s3rver')
mkdirSync('objects')
const { port } = await new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: `${process.cwd()}/objects`, configureBuckets: [{ name: 'claims' }] }).run()
const client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED', credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } })
const object = { Bucket: 'claims', Key: 'order-51' }
const told = command => client.send(command).then(({ $metadata }) => $metadata.httpStatusCode, ({ $metadata }) => $metadata.httpStatusCode)
const other = '"00000000000000000000000000000000"'
const seen = [
  await told(new PutObjectCommand({ ...object, Body: 'one', IfNoneMatch: '*' })),
  await told(new PutObjectCommand({ ...object, Body: 'two', IfNoneMatch: '*' })),
  await (await client.send(new GetObjectCommand(object))).Body.transformToString(),
  await told(new PutObjectCommand({ ...object, Body: 'three', IfMatch: other })),
]
console.log('s3rver 3.7.1: claimed by one, by two, the object, and overwritten with a wrong ETag:', seen)
const same = seen.join() === '200,200,two,200'
console.log(same ? 'as described: everybody wins' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
NODE_NO_WARNINGS=1 timeout 60 node run.mjs
