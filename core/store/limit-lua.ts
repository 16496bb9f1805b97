/**
 * The arithmetic of `counters.ts` and `sum.ts` once more, in the Lua that Redis
 * runs. Knows the state of one counter, and nothing of holds or of who asks.
 *
 * A state is a small table, kept packed under one key, for as long as anything
 * of it can still count. What a script has not written back has not happened:
 * a decision that refuses writes nothing.
 *
 * Buckets differ from those in memory in one way. To give back no more than is
 * still there takes the lowest level since the charge; here it is estimated from
 * below, in constant space: the level after the charge, less everything that has
 * leaked or been given back since. Such a bucket may give back less, never more.
 */

/** Lua for the time of the server, in ms since the epoch, with fractions. */
export const SERVER_TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`

/**
 * Lua that defines what is known of one counter: `kinds` by the letter of the algorithm, `get`, `put_all` and the rest. Fields of a state: `t` kind, `c` limit,
 * `w` window, `e` end of a calendar window, `u` used (of a sliding window, by part), `x` credit, `h` held, `r` set aside
 * in blocks; of a bucket `l` level at `at`, `d` all that ever left it, `b` its beginning; `k` the window or part.
 */
export const COUNTERS = `
local DAY = 86400000
local KEPT = 8 * DAY
local PARTS = 32
local ROUNDING = 1 + 1e-9
local states, keys = {}, {}

local function whole(ms)
  ms = math.ceil(ms)
  if ms < 1 then return 1 end
  return ms
end

-- Each kind: turn to now; capacity; used; wait for room of so many units; charge, which tells a mark; settle; reset; life.
local kinds = {}

kinds.g = {
  turn = function (s)
    if now > s.at then
      local out = (now - s.at) * s.c / s.w
      s.l = math.max(s.l - out, 0)
      s.d = s.d + out
      s.at = now
    end
  end,
  capacity = function (s, burst) return burst * ROUNDING end,
  used = function (s) return s.l end,
  wait = function (s, over)
    if s.c <= 0 then return -1 end
    return whole(over * s.w / s.c)
  end,
  charge = function (s, amount)
    s.l = s.l + amount
    return s.l + s.d
  end,
  settle = function (s, charge, actual)
    if actual > charge.n then
      s.l = s.l + actual - charge.n
    else
      local back = math.max(math.min(charge.n - actual, charge.m - s.d, s.l), 0)
      s.l = s.l - back
      s.d = s.d + back
    end
  end,
  reset = function (s)
    if s.l <= 0 then return 0 end
    if s.c <= 0 then return -1 end
    return whole(s.l * s.w / s.c)
  end,
  life = function (s)
    if s.l <= 0 then return 0 end
    if s.c <= 0 then return KEPT end
    return s.l * s.w / s.c + 1000
  end
}

local function parts_sum(s)
  local sum = 0
  for _, units in pairs(s.u) do sum = sum + units end
  return sum
end

kinds.p = {
  turn = function (s)
    s.k = math.max(math.floor(now / (s.w / PARTS)), s.k)
    for part in pairs(s.u) do
      if part < s.k - PARTS then s.u[part] = nil end
    end
  end,
  capacity = function (s) return s.c end,
  used = parts_sum,
  wait = function (s, over)
    for part = s.k - PARTS, s.k do
      over = over - (s.u[part] or 0)
      if over <= 0 then return whole((part + PARTS + 1) * (s.w / PARTS) - now) end
    end
    return s.w
  end,
  charge = function (s, amount)
    s.u[s.k] = (s.u[s.k] or 0) + amount
    return s.k
  end,
  settle = function (s, charge, actual)
    if actual > charge.n then
      s.u[s.k] = (s.u[s.k] or 0) + actual - charge.n
    elseif s.u[charge.m] then
      s.u[charge.m] = math.max(s.u[charge.m] + actual - charge.n, 0)
    end
  end,
  reset = function (s)
    for part = s.k - PARTS, s.k do
      if (s.u[part] or 0) > 0 then return whole((part + PARTS + 1) * (s.w / PARTS) - now) end
    end
    return 0
  end,
  life = function (s)
    if parts_sum(s) <= 0 then return 0 end
    return s.w * (PARTS + 2) / PARTS
  end
}

kinds.f = {
  turn = function (s)
    local window = math.floor(now / s.w)
    if window > s.k then
      s.k, s.u, s.x, s.r = window, 0, 0, 0
    end
  end,
  capacity = function (s) return s.c + s.x end,
  used = function (s) return s.u end,
  wait = function (s) return whole((s.k + 1) * s.w - now) end,
  charge = function (s, amount)
    s.u = s.u + amount
    return s.k
  end,
  settle = function (s, charge, actual)
    if actual > charge.n or charge.m == s.k then s.u = math.max(s.u + actual - charge.n, 0) end
  end,
  reset = function (s)
    if s.u <= 0 then return 0 end
    return whole((s.k + 1) * s.w - now)
  end,
  life = function (s)
    if s.u <= 0 and s.x == 0 then return 0 end
    return (s.k + 1) * s.w - now + 1000
  end
}

-- Of a calendar window, or for ever: then it ends at -1.
kinds.s = {
  turn = function () end,
  capacity = function (s) return s.c + s.x end,
  used = function (s) return s.u end,
  wait = function (s)
    if s.e < 0 then return -1 end
    return whole(s.e - now)
  end,
  charge = function (s, amount)
    s.u = s.u + amount
    return 0
  end,
  settle = function (s, charge, actual) s.u = math.max(s.u + actual - charge.n, 0) end,
  reset = function (s)
    if s.u <= 0 then return 0 end
    if s.e < 0 then return -1 end
    return whole(s.e - now)
  end,
  life = function (s)
    if s.u <= 0 and s.x == 0 then return 0 end
    if s.e < 0 then return -1 end
    return math.max(s.e - now, 0) + DAY
  end
}

kinds.c = {
  turn = function () end,
  capacity = function (s) return s.c end,
  used = function (s) return s.u end,
  wait = function () return 1000 end,
  charge = function (s, amount)
    s.u = s.u + amount
    return 0
  end,
  settle = function (s, charge) s.u = math.max(s.u - charge.n, 0) end,
  reset = function (s)
    if s.u > 0 then return 1000 end
    return 0
  end,
  life = function (s)
    if s.u <= 0 then return 0 end
    return KEPT
  end
}

-- The state under a key, turned to now, with what was last told of its limit, window and end.
local function get(key, kind, limit, window, ends)
  local s = states[key]
  if not s then
    local packed = redis.call('GET', key)
    if packed then
      s = cmsgpack.unpack(packed)
    else
      s = { t = kind, c = limit or 0, w = window, e = ends, u = 0, x = 0, h = 0, r = 0, l = 0, at = now, d = 0, b = now, k = 0 }
      if kind == 'p' then s.u = {} end
    end
    states[key] = s
    keys[#keys + 1] = key
  end
  if limit then
    s.c, s.e = limit, ends
  end
  kinds[kind].turn(s)
  return s
end

-- Writes back every state that was taken, for as long as it counts.
local function put_all()
  for _, key in ipairs(keys) do
    local s = states[key]
    local life = kinds[s.t].life(s)
    if life >= 0 and (s.r > 0 or s.h > 0 and life > 0) then life = math.max(life, KEPT) end
    if life < 0 then
      redis.call('SET', key, cmsgpack.pack(s))
    elseif life == 0 then
      redis.call('DEL', key)
    else
      redis.call('SET', key, cmsgpack.pack(s), 'PX', string.format('%.0f', math.ceil(life)))
    end
  end
end

-- Corrects a charge: so many units were used and not those that were held.
local function settle_charge(charge, actual)
  local s = get(charge.k, charge.t, nil, charge.w, charge.e)
  -- Of a state that began anew meanwhile, as after a reset, nothing is given back that others may have used.
  if charge.b == s.b then
    if charge.f % 2 == 0 then s.h = math.max(s.h - charge.n, 0) end
    kinds[s.t].settle(s, charge, actual)
  elseif actual > charge.n and charge.t ~= 'c' then
    kinds[s.t].charge(s, actual - charge.n)
  end
end

local function remaining_of(s, burst)
  local kind = kinds[s.t]
  return math.max(math.floor(kind.capacity(s, burst) - kind.used(s) - s.r), 0)
end

-- How long until so many units fit: 0 now, -1 never by time alone.
local function wait_for(s, burst, amount)
  local kind = kinds[s.t]
  local over = kind.used(s) + s.r + amount - kind.capacity(s, burst)
  if over <= 0 then return 0 end
  local most = s.c
  if s.t == 'g' then most = burst end
  if amount > most then return -1 end
  return kind.wait(s, over)
end
`
