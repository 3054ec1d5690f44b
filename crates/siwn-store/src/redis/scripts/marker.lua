-- The memory that guards a bucket: KEYS marker; ARGV fresh generation, patience.
local memory = memory()
if not memory then return redis.error_reply('SIWN the server does not say which run it is') end
local now = clock('')
local marker = redis.call('HMGET', KEYS[1], 'generation', 'memory', 'at')
-- A clock that went back far lets rows live again that expired: they are as good as forgotten.
if marker[1] and marker[2] == memory and tonumber(marker[3]) <= now + tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'at', whole(math.max(now, tonumber(marker[3]))))
  return marker[1]
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'memory', memory, 'at', whole(now))
return ARGV[1]
