-- How often somebody comes: KEYS limit; ARGV now, period and share of it in microseconds, take (1) or look (0). Answers how many
-- microseconds there are to wait. The key holds when all that was taken is free again (GCRA), and is gone by then.
local now = clock(ARGV[1]) * 1000
local latest = now + tonumber(ARGV[2])
local free = tonumber(redis.call('GET', KEYS[1]) or now)
-- Later than that is nothing, unless the clock went back.
if free < now or free > latest then free = now end
local after = free + tonumber(ARGV[3])
if after > latest then return whole(after - latest) end
if ARGV[4] == '1' then
  redis.call('SET', KEYS[1], whole(after), 'PX', whole(math.max(math.ceil((after - now) / 1000), 1)))
end
return '0'
