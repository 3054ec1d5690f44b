-- Puts other secrets in the place of those that are kept: KEYS secret; ARGV old, new. Again it says what it said.
local kept = redis.call('GET', KEYS[1])
if kept ~= ARGV[1] and kept ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
