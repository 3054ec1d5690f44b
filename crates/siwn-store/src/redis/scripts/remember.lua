-- What is remembered of a key, and remembers it. KEYS keys; ARGV handle, limit (empty: remembers nothing).
local is_first = redis.call('EXISTS', KEYS[1]) == 0
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then
  local top = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if top[1] ~= ARGV[1] then
    redis.call('ZADD', KEYS[1], whole(tonumber(top[2] or 0) + 1), ARGV[1])
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[2]))
  end
end
return is_first and 'first' or score and 'known' or 'new'
