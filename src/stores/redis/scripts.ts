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
 * The writes of one turn, one after another. KEYS: open, places, and the record of each write. ARGV: the channel or
 * '', and for each write its key, expected version or '', new version, value, open '1' or '0', expiry (epoch ms) or
 * ''. Returns for each write 1 if the record is now as requested, 0 if another version was there, or the server's
 * error.
 */
export const SET = script(`
local heads, writes, opening, closing, replies = {}, {}, {}, {}, {}
local count = #KEYS - 2
local last
for at = 1, count do
  local record = KEYS[at + 2]
  local key, expected, version, value, open, expiry = unpack(ARGV, at * 6 - 4, at * 6 + 1)
  local head = heads[record] or redis.pcall('GETRANGE', record, 0, 52)
  local stored = type(head) == 'string' and string.sub(head, 1, 36)
  if not stored then
    replies[at] = head.err
  elseif stored == version then
    replies[at] = 1
  elseif stored ~= expected then
    replies[at] = 0
  else
    local place = string.sub(head, 37, 37) == '1' and string.sub(head, 38, 53)
    if open == '1' then
      if not place then
        last = (last or redis.call('INCRBY', KEYS[2], count) - count) + 1
        place = string.format('%016.0f', last)
        opening[#opening + 1] = 0
        opening[#opening + 1] = key .. '\\0' .. place
      end
      head = version .. '1' .. place
    else
      if place then closing[#closing + 1] = key .. '\\0' .. place end
      head = version .. '0'
    end
    heads[record] = head
    writes[#writes + 1] = { record, head .. value, expiry, key }
    replies[at] = 1
  end
end
if #opening > 0 then redis.call('ZADD', KEYS[1], unpack(opening)) end
for _, write in ipairs(writes) do
  redis.call('SET', write[1], write[2])
  if write[3] ~= '' then redis.call('PEXPIREAT', write[1], write[3]) end
end
if #closing > 0 then redis.call('ZREM', KEYS[1], unpack(closing)) end
if ARGV[1] ~= '' then
  for _, write in ipairs(writes) do redis.pcall('PUBLISH', ARGV[1], write[4]) end
end
return replies
`)

/** KEYS: record, open. ARGV: key, expected version, channel or ''. Returns 1 if it removed the record. */
export const DELETE = script(`
local head = redis.call('GETRANGE', KEYS[1], 0, 52)
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
