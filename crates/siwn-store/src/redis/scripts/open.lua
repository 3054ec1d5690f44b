-- Spends a challenge and opens its session. KEYS row, marker;
-- ARGV now, bucket's generation, patience, challenge's end, kept until, cut-off, hash, and then the row's fields and values.
local held = redis.call('HMGET', KEYS[1], 'hash', 'closed', 'after')
if held[1] or held[2] then
  local is_same = held[1] == ARGV[7] and tonumber(held[3]) >= tonumber(ARGV[6])
  return is_same and 'opened' or 'spent'
end
local marker = redis.call('HMGET', KEYS[2], 'generation', 'memory', 'at')
if marker[1] ~= ARGV[2] or marker[2] ~= memory() or tonumber(marker[3]) > clock('') + tonumber(ARGV[3]) then
  return 'other generation'
end
local now = clock(ARGV[1])
if now >= tonumber(ARGV[4]) then return 'expired' end
redis.call('HSET', KEYS[1], 'hash', ARGV[7], 'after', ARGV[6], unpack(ARGV, 8))
keep(KEYS[1], tonumber(ARGV[5]) - now)
return 'opened'
