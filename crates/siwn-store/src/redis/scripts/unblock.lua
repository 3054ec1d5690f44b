-- KEYS mark, list; ARGV how long to keep the mark.
if redis.call('HDEL', KEYS[1], 'blocked') == 1 then keep(KEYS[1], math.max(tonumber(ARGV[1]), redis.call('PTTL', KEYS[2]))) end
return 'unblocked'
