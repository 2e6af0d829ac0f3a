#!/usr/bin/env bash
# The AWS SDK sends a write to DynamoDB again by itself when its answer is lost. "Put this unless it is there", which is how a claim is
# made, is then refused the second time because of the first: the caller is told that somebody else has it. Powertools' idempotency,
# which stands on that claim, runs the function for nobody. An ADD counts twice.
# Seen with @aws-sdk/client-dynamodb 3.1169.0 and @aws-lambda-powertools/idempotency 2.35.0, defaults, against dynalite 4.0.0 behind a
# connection that loses one answer, on Node 20 and 24: PutItem with attribute_not_exists: ConditionalCheckFailedException after two
# attempts, and the row has the caller's own name; UpdateItem ADD 1: 2; a function made idempotent: not run, and it rejects with
# IdempotencyAlreadyInProgressError, for this call and for each one after it until the claim is over.
# Why it matters: the order is not made, and each retry is told that it is being made. A row that says whose the claim is lets the
# loser see that it has won.
# What reads otherwise: TransactWriteItems, for which the SDK makes a ClientRequestToken; the three single writes have none.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/lib-dynamodb@3.1169.0 @aws-lambda-powertools/idempotency@2.35.0 dynalite@4.0.0
cat >run.mjs <<'PROGRAM'
import net from 'node:net'
import { createRequire } from 'node:module'
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb'
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const store = await listen(createRequire(import.meta.url)('dynalite')({ createTableMs: 0 }))
let loseNext = false
let arrived = []
const front = net.createServer(client => {
  const upstream = net.connect(store, '127.0.0.1')
  let losing = false
  client.on('error', () => {}).on('close', () => upstream.destroy())
  upstream.on('error', () => {}).on('close', () => client.end())
  client.on('data', piece => {
    const command = /x-amz-target: \S+\.(\w+)/i.exec(piece)?.[1]
    if (command) arrived.push(command)
    if (loseNext && command) losing = !(loseNext = false)
    upstream.write(piece)
  })
  upstream.on('data', piece => (losing ? client.destroy() : client.write(piece)))
})
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
const client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${await listen(front)}`, region: 'eu-west-1', credentials })
const TableName = 'claims'
await client.send(new CreateTableCommand({ TableName, AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], BillingMode: 'PAY_PER_REQUEST' }))
const row = async id => (await client.send(new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true }))).Item
while ((await row('none').catch(() => 'not yet')) === 'not yet') await new Promise(done => setTimeout(done, 50))
const lost = async call => {
  arrived = []
  loseNext = true
  const told = await call().catch(error => `${error.name}${error.$metadata?.attempts ? ` after ${error.$metadata.attempts} attempts` : ''}`)
  return `${arrived.join()}: ${told}`
}
const seen = []
seen.push(await lost(() => client.send(new PutItemCommand({ TableName, Item: { id: { S: 'order-51' }, owner: { S: 'me' } }, ConditionExpression: 'attribute_not_exists(id)' })).then(() => 'won')))
seen.push(`the row's owner: ${(await row('order-51')).owner.S}`)
seen.push(await lost(() => client.send(new UpdateItemCommand({ TableName, Key: { id: { S: 'count' } }, UpdateExpression: 'ADD made :one', ExpressionAttributeValues: { ':one': { N: '1' } }, ReturnValues: 'ALL_NEW' })).then(({ Attributes }) => `made ${Attributes.made.N}`)))
let runs = 0
process.env.AWS_LAMBDA_FUNCTION_NAME = 'orders'
const order = makeIdempotent(
  async () => {
    runs++
    return 'made'
  },
  { persistenceStore: new DynamoDBPersistenceLayer({ tableName: TableName, awsSdkV3Client: client }), config: new IdempotencyConfig({}) },
)
seen.push(await lost(() => order({ order: 52 })))
seen.push(`once more: ${await order({ order: 52 }).catch(error => error.name)}, runs ${runs}`)
for (const line of seen) console.log(line)
const same = seen[0] === 'PutItem,PutItem: ConditionalCheckFailedException after 2 attempts' && seen[1] === "the row's owner: me" && seen[2] === 'UpdateItem,UpdateItem: made 2'
  && /^PutItem,PutItem.*: IdempotencyAlreadyInProgressError$/.test(seen[3]) && seen[4] === 'once more: IdempotencyAlreadyInProgressError, runs 0'
console.log(same ? 'as described: the winner is told that it has lost' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
NODE_NO_WARNINGS=1 timeout 90 node run.mjs
