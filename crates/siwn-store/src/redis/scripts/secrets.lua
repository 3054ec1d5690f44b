-- The secrets that are kept: KEYS secrets; ARGV those to keep if there are none.
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
