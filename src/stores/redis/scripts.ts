import { createHash } from 'node:crypto'

/*
 * Every change is a script, because Redis runs a script as a whole. `SET` may be sent again: every write makes its own
 * version, and a write that finds its version stored was done before. `DELETE` is sent once. An error in the middle
 * undoes nothing. So whatever may fail is done before the first record is written, or is called by `pcall` (a hint that
 * the user may not publish).
 *
 * The keys of a store all begin with its prefix in braces, so that a cluster holds them on one node:
 *
 *   record of KEY   a text: the version, `1` and the place of an open record or `0` for a settled one, and the value.
 *                   Redis itself deletes the record when it expires
 *   open            the open records, in the order of keys. Each member is the key, NUL and the record's place in the
 *                   order in which records became open
 *   places          the last place that was used; this number only grows
 *   since           the time since which the store holds everything that was written, epoch ms
 *
 * Settled records have no index, because every write would pay for it. Only `clear` lists them, by looking through all
 * keys.
 */

export type Script = { readonly source: string; readonly sha: string }

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/**
 * The writes of one turn, one after another. KEYS: open, places, and the record of each write, claims first. A claim
 * opens a record where none is stored. ARGV: the channel or '', how many claims there are, for each claim its version
 * and value, and for each other write its expected version or '', expiry (`open` for a record that is open, else epoch
 * ms or ''), and text as it is stored for a settled record. Returns a text with one character for each write: 1 if the record is now as
 * requested, 0 if another version was there. If the server refused to read a record, returns a list instead, with its error.
 *
 * Redis makes texts of numbers slowly and hashes every text of a script as a whole. So numbers are passed as texts,
 * and a value is joined once at most.
 */
export const SET = script(`
local count, claims = #KEYS - 2, tonumber(ARGV[2])
local replies, heads, opening, closing = {}, {}, {}, {}
local created, records, texts, expiries = {}, {}, {}, {}
local last, failed
local function member(record, place)
  return string.sub(record, #KEYS[1] + 4) .. '\\0' .. place
end
local function open(record)
  last = (last or redis.call('INCRBY', KEYS[2], tostring(count)) - count) + 1
  local place = string.format('%016d', last)
  opening[#opening + 1] = '0'
  opening[#opening + 1] = member(record, place)
  return place
end
local function write(record, expected, expiry, text)
  local head = heads[record] or redis.pcall('GETRANGE', record, '0', '52')
  if type(head) ~= 'string' then
    failed = true
    return head.err
  end
  local stored, version = string.sub(head, 1, 36), string.sub(text, 1, 36)
  if stored == version then return 1 end
  if stored ~= expected then return 0 end
  local place = string.sub(head, 37, 37) == '1' and string.sub(head, 38, 53)
  if expiry == 'open' then
    place = place or open(record)
    head = version .. '1' .. place
    text, expiry = head .. string.sub(text, 38), ''
  else
    if place then closing[#closing + 1] = member(record, place) end
    head = version .. '0'
  end
  heads[record] = head
  records[#records + 1], texts[#records + 1], expiries[#records + 1] = record, text, expiry
  return 1
end
local areNew = claims > 0 and redis.call('EXISTS', unpack(KEYS, 3, claims + 2)) == 0
for at = 1, claims do
  local record, version, value = KEYS[at + 2], ARGV[at * 2 + 1], ARGV[at * 2 + 2]
  if areNew then
    local place = open(record)
    if claims < count then heads[record] = version .. '1' .. place end
    created[at * 2 - 1], created[at * 2] = record, version .. '1' .. place .. value
    replies[at] = 1
  else
    replies[at] = write(record, '', 'open', version .. '0' .. value)
  end
end
for at = claims + 1, count do
  local first = at * 3 - claims
  replies[at] = write(KEYS[at + 2], ARGV[first], ARGV[first + 1], ARGV[first + 2])
end
if #opening > 0 then redis.call('ZADD', KEYS[1], unpack(opening)) end
if #created > 0 then redis.call('MSET', unpack(created)) end
for at, record in ipairs(records) do
  local expiry = expiries[at]
  if expiry == '' then
    redis.call('SET', record, texts[at])
  elseif redis.REDIS_VERSION_NUM then
    redis.call('SET', record, texts[at], 'PXAT', expiry)
  else
    redis.call('SET', record, texts[at])
    redis.call('PEXPIREAT', record, expiry)
  end
end
if #closing > 0 then redis.call('ZREM', KEYS[1], unpack(closing)) end
if ARGV[1] ~= '' then
  for at, reply in ipairs(replies) do
    if reply == 1 then redis.pcall('PUBLISH', ARGV[1], string.sub(KEYS[at + 2], #KEYS[1] + 4)) end
  end
end
if failed then return replies end
return table.concat(replies)
`)

/** KEYS: record, open. ARGV: key, expected version, channel or ''. Returns 1 if it removed the record. */
export const DELETE = script(`
local head = redis.call('GETRANGE', KEYS[1], '0', '52')
if head == '' or string.sub(head, 1, 36) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
if string.sub(head, 37, 37) == '1' then
  redis.call('ZREM', KEYS[2], ARGV[1] .. '\\0' .. string.sub(head, 38, 53))
end
if ARGV[3] ~= '' then redis.pcall('PUBLISH', ARGV[3], ARGV[1]) end
return 1
`)

/**
 * KEYS: the beginning of all records. ARGV: cursor. Returns the next cursor, and the keys without that beginning.
 * This is a script because a cluster has to ask the node of the store, and because a client may add its own prefix to
 * all keys.
 */
export const SCAN = script(`
local pattern = string.gsub(KEYS[1], '[*?%[%]\\\\]', '\\\\%0') .. '*'
local found = redis.call('SCAN', ARGV[1], 'MATCH', pattern, 'COUNT', 500)
local keys = {}
for at, key in ipairs(found[2]) do keys[at] = string.sub(key, #KEYS[1] + 1) end
return { found[1], keys }
`)

/**
 * KEYS: open. ARGV: prefix, where to begin and where to end (as for ZRANGEBYLEX), how many. Goes from folder to
 * folder: each step takes the first member beyond the folder of the step before, or beyond that member if its key
 * lies in no folder.
 */
export const FOLDERS = script(`
local found, from = {}, ARGV[2]
while #found < tonumber(ARGV[4]) do
  local member = redis.call('ZRANGEBYLEX', KEYS[1], from, ARGV[3], 'LIMIT', 0, 1)[1]
  if not member then break end
  local slash = string.find(member, '/', #ARGV[1] + 1, true)
  if slash and string.find(member, '\\0', slash, true) then
    found[#found + 1] = string.sub(member, 1, slash)
    from = '[' .. string.sub(member, 1, slash - 1) .. '0'
  else
    from = '(' .. member
  end
end
return found
`)

/** KEYS: since. Returns the time as a text. */
export const SINCE = script(`
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[1], now, 'NX')
return redis.call('GET', KEYS[1])
`)
