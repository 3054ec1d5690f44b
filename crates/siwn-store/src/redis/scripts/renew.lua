-- Moves times of a row forward, while it is in time. KEYS row; ARGV now, seen, checked (empty: as it was).
local row = redis.call('HMGET', KEYS[1], 'hash', 'expires', 'idle', 'seen', 'checked')
if not row[1] or not in_time(row[2], row[3], row[4], clock(ARGV[1])) then return false end
if ARGV[2] ~= '' and tonumber(ARGV[2]) > tonumber(row[4]) then redis.call('HSET', KEYS[1], 'seen', ARGV[2]) end
if ARGV[3] ~= '' and tonumber(ARGV[3]) > tonumber(row[5]) then redis.call('HSET', KEYS[1], 'checked', ARGV[3]) end
return 'renewed'
