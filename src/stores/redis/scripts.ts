import { createHash } from 'node:crypto'

/*
 * One script for each change, because a script is the one thing that Redis does whole. Each may be sent again: a write
 * carries a version that nobody else makes, and one that finds it stored was done before. An error in the middle undoes
 * nothing: what may fail after a write (a hint that the user may not publish) is called by `pcall`.
 *
 * The keys of a store, all with its prefix in braces, so that a cluster holds them on one node:
 *
 *   record of KEY   a hash: v value, n version, o whether it is open, p its place. Redis itself drops it at its time
 *   open            what is open, in the order of keys: each member is the key, NUL and the record's place in the order in
 *                   which records became open
 *   settled         what is settled, by its time
 *   places          the last place that was given out; it only grows
 *   since           since when the store remembers, epoch ms
 */

export type Script = { readonly source: string; readonly sha: string }

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/**
 * KEYS record, open, settled, places. ARGV key, expected version or '', new version, value, open '1' or '0', expiry (epoch
 * ms) or '', how much to sweep, channel or ''. Gives 1 where the record is as it was to be written.
 */
export const SET = script(`
local old = redis.call('HMGET', KEYS[1], 'n', 'o', 'p')
local version, open, place = old[1] or '', old[2], old[3]
if version == ARGV[3] then return 1 end
if version ~= ARGV[2] then return 0 end
if ARGV[5] == '1' then
  if open ~= '1' then
    if open then redis.call('ZREM', KEYS[3], ARGV[1]) end
    place = string.format('%.0f', redis.call('INCR', KEYS[4]))
    redis.call('ZADD', KEYS[2], 0, ARGV[1] .. '\\0' .. place)
  end
  redis.call('HSET', KEYS[1], 'v', ARGV[4], 'n', ARGV[3], 'o', '1', 'p', place)
  if open == '0' then redis.call('PERSIST', KEYS[1]) end
else
  if open == '1' then redis.call('ZREM', KEYS[2], ARGV[1] .. '\\0' .. place) end
  redis.call('HSET', KEYS[1], 'v', ARGV[4], 'n', ARGV[3], 'o', '0', 'p', place or '')
  if ARGV[6] == '' then
    redis.call('ZADD', KEYS[3], '+inf', ARGV[1])
    if open == '0' then redis.call('PERSIST', KEYS[1]) end
  else
    redis.call('ZADD', KEYS[3], ARGV[6], ARGV[1])
    redis.call('PEXPIREAT', KEYS[1], ARGV[6])
  end
end
if ARGV[7] ~= '0' then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[7])
  if #gone > 0 then redis.call('ZREM', KEYS[3], unpack(gone)) end
end
if ARGV[8] ~= '' then redis.pcall('PUBLISH', ARGV[8], ARGV[1]) end
return 1
`)

/** KEYS record, open, settled. ARGV key, expected version, channel or ''. Gives 1 where it removed the record. */
export const DELETE = script(`
local old = redis.call('HMGET', KEYS[1], 'n', 'o', 'p')
if not old[1] or old[1] ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
if old[2] == '1' then
  redis.call('ZREM', KEYS[2], ARGV[1] .. '\\0' .. old[3])
else
  redis.call('ZREM', KEYS[3], ARGV[1])
end
if ARGV[3] ~= '' then redis.pcall('PUBLISH', ARGV[3], ARGV[1]) end
return 1
`)

/**
 * KEYS open. ARGV prefix, where to begin and where to end (as ZRANGEBYLEX has it), how many. From folder to folder: each step
 * takes the first member beyond the folder of the one before, or beyond that member where its key lies in none.
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

/** KEYS since. Gives the time, as a text. */
export const SINCE = script(`
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[1], now, 'NX')
return redis.call('GET', KEYS[1])
`)
