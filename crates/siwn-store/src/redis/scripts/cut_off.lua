-- Cuts off. KEYS mark, list; ARGV the last cut-off that the caller knows of ('*': it does not matter), site (empty: every site),
-- the session that is spared (or empty), 'block' (or empty), how long to keep the mark. Answers the cut-off's number.
local last = redis.call('HGET', KEYS[1], 'last') or ''
if ARGV[1] ~= '*' and ARGV[1] ~= last then return false end
-- Grows within one memory, and over the loss of it.
local time = redis.call('TIME')
local number = whole(math.max(time[1] * 1000000 + time[2], tonumber(last ~= '' and last or 0) + 1))
local scope, spared = 'every', 'spared'
if ARGV[2] ~= '' then scope, spared = 'at:' .. ARGV[2], 'spared:' .. ARGV[2] end
redis.call('HSET', KEYS[1], 'last', number, scope, number)
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], spared, ARGV[3]) else redis.call('HDEL', KEYS[1], spared) end
if ARGV[4] == 'block' then redis.call('HSET', KEYS[1], 'blocked', '1') end
if redis.call('HEXISTS', KEYS[1], 'blocked') == 1 then
  redis.call('PERSIST', KEYS[1])
else
  keep(KEYS[1], math.max(tonumber(ARGV[5]), redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2])))
end
return number
