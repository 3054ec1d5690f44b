-- Before every script. A script touches one slot. Times are Unix milliseconds.

-- The time: what the caller says, where it brings a clock of its own; else the server's.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- As text: Lua would write a large number with an exponent.
local function whole(number)
  return string.format('%.0f', number)
end

-- Changes whenever the server may have forgotten something: it was started again, or a replica was promoted.
local function memory()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  if not run or not history then return false end
  return run .. ':' .. history
end

-- Keeps a key for so long. What lasts longer than a century lasts for a century.
local function keep(key, milliseconds)
  redis.call('PEXPIRE', key, whole(math.min(milliseconds, 3e12)))
end

-- Keeps a key for so long at least, unless it is kept for ever or is not there.
local function keep_longer(key, milliseconds)
  local left = redis.call('PTTL', key)
  if left >= 0 and left < milliseconds then keep(key, milliseconds) end
end

-- Whether a session with these ends goes on.
local function in_time(expires, idle, seen, now)
  return now < tonumber(expires) and (not idle or now < tonumber(seen) + tonumber(idle))
end

