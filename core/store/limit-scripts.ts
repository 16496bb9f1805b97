/**
 * What is asked of the counters of one owner in Redis, as scripts: each decides
 * and writes in one step, and is idempotent by the id of the hold it is about.
 * The arithmetic is `limit-lua.ts`.
 *
 * `KEYS[1]` orders holds by the end of their lease, `KEYS[2]` has what they hold;
 * one that is over leaves an empty entry for a while, so that a command that is
 * repeated or comes late finds that it was done. Further keys are counters.
 * Numbers that answer are texts: the client reads large ones wrongly.
 */
import { COUNTERS, SERVER_TIME } from './limit-lua.ts'
import { RedisScript } from './redis-script.ts'

/** How long it is remembered that a hold is over, in ms. */
const REMEMBERED_MS = 60_000
/** The same for charges that were admitted while Redis was away, which may be told again for as long as it stays away. */
const CHARGE_REMEMBERED_MS = 3_600_000
/** Holds whose lease is over that one decision ends. */
const SWEEP = 16

const HOLDS = `
local REMEMBERED, CHARGE_REMEMBERED, SWEEP = ${REMEMBERED_MS}, ${CHARGE_REMEMBERED_MS}, ${SWEEP}
local leases, holds = KEYS[1], KEYS[2]

-- Ends a hold at what was used, by charge; what is missing is taken as held.
local function settle_hold(hold, actual)
  for index, charge in ipairs(hold.c) do
    if charge.f % 2 == 0 then
      local used = actual[index]
      if not used or used < 0 then used = charge.n end
      settle_charge(charge, used)
    end
  end
end

-- Takes a block back: what was used of it counts from now on.
local function release_block(block, used)
  local s = get(block.k, block.t, nil, block.w, block.e)
  if block.b ~= s.b or block.t == 'f' and block.m ~= s.k then return end
  s.r = math.max(s.r - block.n, 0)
  block.m = kinds[s.t].charge(s, used)
end

-- What happens with a hold whose gateway is gone: each claim has said it.
local function lose(hold)
  if hold.n then
    local used = hold.n
    if hold.f >= 4 then used = 0 end
    release_block(hold, used)
    return
  end
  local actual = {}
  for index, charge in ipairs(hold.c) do
    actual[index] = charge.n
    if charge.f >= 4 then actual[index] = 0 end
  end
  settle_hold(hold, actual)
end

-- Ends holds whose lease is over, for good: whatever is decided afterwards begins with what is written.
local function sweep()
  local over = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, SWEEP)
  if #over == 0 then return end
  for _, id in ipairs(over) do
    local packed = redis.call('HGET', holds, id)
    if packed and packed ~= '' then lose(cmsgpack.unpack(packed)) end
    redis.call('HDEL', holds, id)
    redis.call('ZREM', leases, id)
  end
  put_all()
  states, keys = {}, {}
end

local function keep(id, packed, ms)
  redis.call('HSET', holds, id, packed)
  redis.call('ZADD', leases, string.format('%.0f', now + ms), id)
  redis.call('PEXPIRE', leases, KEPT)
  redis.call('PEXPIRE', holds, KEPT)
end

local function text(number) return string.format('%.0f', number) end

-- The claim at \`at\` in ARGV: letter, limit, window, burst, amount, flags, end. Flags: 1 final, 2 on trial, 4 given back.
local FIELDS = 7
local function claim_at(at)
  return {
    t = ARGV[at], c = tonumber(ARGV[at + 1]), w = tonumber(ARGV[at + 2]), burst = tonumber(ARGV[at + 3]),
    n = tonumber(ARGV[at + 4]), f = tonumber(ARGV[at + 5]), e = tonumber(ARGV[at + 6])
  }
end
`

/**
 * ARGV: id, lease in ms, then the claims, one for each further key. Answers `1`, then for each claim what remains, in how
 * many ms the limit is whole, and `1` if it would have refused, on trial; or `0`, the claim that refuses, counted from 0,
 * and the wait. A time of -1 is none that ends. Answers nothing for a hold that is over.
 */
const HOLD = `
sweep()
local id, lease = ARGV[1], tonumber(ARGV[2])
local known = redis.call('HGET', holds, id)
if known == '' then return false end
if known then return cmsgpack.unpack(known).a end
local hold = { c = {} }
local answer = { '1' }
for index = 3, #KEYS do
  local claim = claim_at(3 + (index - 3) * FIELDS)
  local s = get(KEYS[index], claim.t, claim.c, claim.w, claim.e)
  local wait = wait_for(s, claim.burst, claim.n)
  local trial = '0'
  local amount = claim.n
  if wait ~= 0 then
    if math.floor(claim.f / 2) % 2 == 0 then
      return '0 ' .. text(index - 3) .. ' ' .. text(wait)
    end
    trial = '1'
    if claim.t == 'g' then amount = 0 end
  end
  local charge = { k = KEYS[index], t = claim.t, n = amount, w = claim.w, e = claim.e, f = claim.f, b = s.b }
  charge.m = kinds[claim.t].charge(s, amount)
  -- One on trial that did not fit leaves no trace, whatever it comes to.
  if amount < claim.n then charge.f = charge.f - charge.f % 2 + 1 end
  if charge.f % 2 == 0 then s.h = s.h + amount end
  hold.c[#hold.c + 1] = charge
  answer[#answer + 1] = text(remaining_of(s, claim.burst))
  answer[#answer + 1] = text(kinds[claim.t].reset(s))
  answer[#answer + 1] = trial
end
hold.a = table.concat(answer, ' ')
put_all()
keep(id, cmsgpack.pack(hold), lease)
return hold.a
`

/**
 * ARGV: how many ids, then for each of them the id, how many amounts, and these: what was used, by claim, -1 for what was
 * held. No amounts and `x` in place of their number: nothing was used, and a hold of this id that comes late is none.
 */
const SETTLE = `
local at = 2
for _ = 1, tonumber(ARGV[1]) do
  local id, count = ARGV[at], ARGV[at + 1]
  at = at + 2
  local actual = {}
  for index = 1, tonumber(count) or 0 do
    actual[index] = tonumber(ARGV[at])
    at = at + 1
  end
  local packed = redis.call('HGET', holds, id)
  if packed and packed ~= '' then
    local hold = cmsgpack.unpack(packed)
    if hold.n then
      release_block(hold, 0)
      hold.c = {}
    elseif count == 'x' then
      for index, charge in ipairs(hold.c) do
        -- Even what was final was not used.
        if charge.f % 2 == 1 then settle_charge(charge, 0) end
        actual[index] = 0
      end
    end
    settle_hold(hold, actual)
  end
  if packed and packed ~= '' or count == 'x' then keep(id, '', REMEMBERED) end
end
put_all()
`

/** ARGV: lease in ms, then ids. Holds that are over stay so. */
const RENEW = `
local ends = string.format('%.0f', now + tonumber(ARGV[1]))
for index = 2, #ARGV do
  local packed = redis.call('HGET', holds, ARGV[index])
  if packed and packed ~= '' then redis.call('ZADD', leases, 'XX', ends, ARGV[index]) end
end
redis.call('PEXPIRE', leases, KEPT)
redis.call('PEXPIRE', holds, KEPT)
`

/** ARGV: id, then claims as those of a hold: charged whether they fit or not, once by id. */
const CHARGE = `
local id = ARGV[1]
if redis.call('HGET', holds, id) then return end
for index = 3, #KEYS do
  local claim = claim_at(2 + (index - 3) * FIELDS)
  local s = get(KEYS[index], claim.t, claim.c, claim.w, claim.e)
  kinds[claim.t].charge(s, claim.n)
end
put_all()
keep(id, '', CHARGE_REMEMBERED)
`

/** ARGV: limits as claims. Answers for each: spent, held, credit, remaining, and in how many ms the limit is whole. */
const READ = `
sweep()
local answer = {}
for index = 3, #KEYS do
  local claim = claim_at(1 + (index - 3) * FIELDS)
  local s = get(KEYS[index], claim.t, claim.c, claim.w, claim.e)
  local used = kinds[claim.t].used(s) + s.r
  if claim.t == 'g' then used = math.ceil(math.max(used - claim.c * 1e-9, 0)) end
  local held = math.min(s.h + s.r, used)
  answer[#answer + 1] = text(used - held)
  answer[#answer + 1] = text(held)
  answer[#answer + 1] = text(s.x)
  answer[#answer + 1] = text(remaining_of(s, claim.burst))
  answer[#answer + 1] = text(kinds[claim.t].reset(s))
end
return table.concat(answer, ' ')
`

/** ARGV: id, then one claim, whose amount is what to top up. Once by id. */
const TOP_UP = `
local id = ARGV[1]
if redis.call('HGET', holds, id) then return end
local claim = claim_at(2)
local s = get(KEYS[3], claim.t, nil, claim.w, claim.e)
s.e = claim.e
s.x = s.x + claim.n
put_all()
keep(id, '', CHARGE_REMEMBERED)
`

/** Forgets the counter. Holds that are open will find that it began anew. */
const RESET = `
redis.call('DEL', KEYS[3])
`

/**
 * ARGV: id, lease in ms, then one claim whose amount is the least that will do, then the most that is wanted, and how
 * long units may be used, in ms. Answers `1`, how many were taken, for how many ms, what remains, and in how many ms the
 * limit is whole; or `0` and the wait. The least may be 0. Units of a block count as set aside until they are told to be
 * used, or lost: so whenever they are used, they are never over the limit.
 */
const TAKE = `
sweep()
local id, lease = ARGV[1], tonumber(ARGV[2])
local claim = claim_at(3)
local most, life = tonumber(ARGV[3 + FIELDS]), tonumber(ARGV[4 + FIELDS])
local known = redis.call('HGET', holds, id)
if known == '' then return false end
if known then return cmsgpack.unpack(known).a end
local s = get(KEYS[3], claim.t, claim.c, claim.w, claim.e)
local wait = wait_for(s, claim.burst, claim.n)
if wait ~= 0 then return '0 ' .. text(wait) end
local units = math.max(math.min(most, remaining_of(s, claim.burst)), claim.n)
s.r = s.r + units
if claim.t == 'f' then life = math.min(life, (s.k + 1) * s.w - now) end
if claim.t == 's' and s.e >= 0 then life = math.max(math.min(life, s.e - now), 0) end
local answer = table.concat({ '1', text(units), text(math.floor(life)), text(remaining_of(s, claim.burst)), text(kinds[s.t].reset(s)) }, ' ')
local block = { k = KEYS[3], t = claim.t, n = units, w = claim.w, e = claim.e, f = claim.f, b = s.b, m = s.k, a = answer }
put_all()
keep(id, cmsgpack.pack(block), life + lease)
return answer
`

/**
 * ARGV: id of a block, and how many units of it were used. Answers its mark and its beginning, for {@link CORRECT}: holds
 * may outlive the block that they were granted out of.
 */
const RELEASE = `
local id, used = ARGV[1], tonumber(ARGV[2])
local packed = redis.call('HGET', holds, id)
if not packed or packed == '' then return false end
local block = cmsgpack.unpack(packed)
release_block(block, used)
put_all()
keep(id, '', REMEMBERED)
return string.format('%.17g', block.m) .. ' ' .. string.format('%.17g', block.b)
`

/** ARGV: id, then one claim, then a mark and a beginning as {@link RELEASE} tells them, what was charged and what was used of it. Once by id. */
const CORRECT = `
local id = ARGV[1]
if redis.call('HGET', holds, id) then return end
local claim = claim_at(2)
local at = 2 + FIELDS
settle_charge({
  k = KEYS[3], t = claim.t, n = tonumber(ARGV[at + 2]), w = claim.w, e = claim.e, f = 1,
  m = tonumber(ARGV[at]), b = tonumber(ARGV[at + 1])
}, tonumber(ARGV[at + 3]))
put_all()
keep(id, '', CHARGE_REMEMBERED)
`

/** The scripts by name. */
export interface LimitScripts {
  readonly hold: RedisScript
  readonly settle: RedisScript
  readonly renew: RedisScript
  readonly charge: RedisScript
  readonly read: RedisScript
  readonly topUp: RedisScript
  readonly reset: RedisScript
  readonly take: RedisScript
  readonly release: RedisScript
  readonly correct: RedisScript
}

/** @param time Lua that defines `now`; the server's own time, if not given. */
export function limitScripts(time: string = SERVER_TIME): LimitScripts {
  const script = (body: string): RedisScript => new RedisScript(`${time}${COUNTERS}${HOLDS}${body}`)
  return {
    hold: script(HOLD),
    settle: script(SETTLE),
    renew: script(RENEW),
    charge: script(CHARGE),
    read: script(READ),
    topUp: script(TOP_UP),
    reset: script(RESET),
    take: script(TAKE),
    release: script(RELEASE),
    correct: script(CORRECT)
  }
}
