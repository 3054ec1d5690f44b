-- A row in time. KEYS row; ARGV now.
local row = redis.call('HMGET', KEYS[1],
  'hash', 'site', 'account', 'key', 'client', 'created', 'expires', 'idle', 'seen', 'checked', 'after')
if not row[1] or not in_time(row[7], row[8], row[9], clock(ARGV[1])) then return false end
return row
