-- Before a session is opened: puts it on its account's list. KEYS list, mark; ARGV now, id, created, kept until, limit, site.
-- Answers the cut-off that it is opened after; nothing where the account is blocked.
local mark = redis.call('HMGET', KEYS[2], 'blocked', 'every', 'at:' .. ARGV[6])
if mark[1] then return false end
redis.call('ZADD', KEYS[1], 'NX', ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[5]))
local left = tonumber(ARGV[4]) - clock(ARGV[1])
if redis.call('PTTL', KEYS[1]) == -1 then keep(KEYS[1], left) else keep_longer(KEYS[1], left) end
-- A cut-off outlives what it cut off.
keep_longer(KEYS[2], left)
return whole(math.max(tonumber(mark[2] or 0), tonumber(mark[3] or 0)))
