-- Other secrets in the place of the old ones: KEYS secrets; ARGV old, new. 1 where the new ones are kept, also by the same call before.
local kept = redis.call('GET', KEYS[1])
if kept ~= ARGV[1] and kept ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
