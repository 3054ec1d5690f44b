-- Other signing keys in the place of the old ones: KEYS keys; ARGV old (empty: none yet), new. 1 where the new ones are kept, also by the
-- same call before.
local kept = redis.call('GET', KEYS[1]) or ''
if kept ~= ARGV[1] and kept ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
