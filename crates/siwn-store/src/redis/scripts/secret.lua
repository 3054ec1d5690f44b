-- The secret that is kept: KEYS secret; ARGV one to keep if there is none.
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
