-- Ends a session: what is left guards its challenge. KEYS row;
-- ARGV now, a cut-off (empty: whatever it was opened after), the cut-off's site (empty: every site). Answers whose it was.
local row = redis.call('HMGET', KEYS[1], 'hash', 'account', 'site', 'after', 'guard')
if not row[1] then return false end
if ARGV[2] ~= '' and tonumber(row[4]) >= tonumber(ARGV[2]) then return false end
if ARGV[3] ~= '' and row[3] ~= ARGV[3] then return false end
redis.call('DEL', KEYS[1])
local left = tonumber(row[5]) - clock(ARGV[1])
if left > 0 then
  redis.call('HSET', KEYS[1], 'closed', '1')
  keep(KEYS[1], left)
end
return row[2]
