/**
 * What is asked of counters in Redis, as one script that answers many questions:
 * each is about the counters of one owner, is decided by itself and written in
 * one step, and is idempotent by the id of the hold it is about. The arithmetic
 * is `limit-lua.ts`.
 *
 * Each line of ARGV[1] is a question, in words: how many of KEYS come before its own,
 * what is asked, and what that takes. Of its keys the first orders holds by the end of
 * their lease, the second has what they hold; one that is over leaves an empty
 * entry for a while, so that a question that is repeated or comes late finds that
 * it was done. Further keys are counters. The answer has a line for each question:
 * empty for nothing, `-` and the first word of the error for one that failed.
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
-- The keys before those of the question, its two, and its further words.
local base, leases, holds, words
-- Leases of which none is over any more.
local swept = {}

local function number() return tonumber(words()) end

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
  -- Of a block nobody knows which holds it was for, and some of them were settled.
  if hold.n then return release_block(hold, hold.n) end
  local actual = {}
  for index, charge in ipairs(hold.c) do
    actual[index] = charge.n
    if charge.f >= 4 then actual[index] = 0 end
  end
  settle_hold(hold, actual)
end

-- Ends holds whose lease is over, for good: whatever is decided afterwards begins with what is written.
local function sweep()
  if swept[leases] then return end
  local over = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, SWEEP)
  swept[leases] = #over < SWEEP
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

-- Claims, in words: letter, limit, window, burst, amount, flags, end. Flags: 1 final, 2 on trial, 4 given back.
local function next_claim()
  local kind, limit, window, burst = words(), number(), number(), number()
  return { t = kind, c = limit, w = window, burst = burst, n = number(), f = number(), e = number() }
end

local function counter(index) return KEYS[base + 2 + index] end

local asked = {}
`

/**
 * Words: id, lease in ms, how many claims, and these, one for each further key. Answers `1`, then for each claim what
 * remains, in how many ms the limit is whole, and `1` if it would have refused, on trial; or `0`, the claim that refuses,
 * counted from 0, and the wait. A time of -1 is none that ends. Answers nothing for a hold that is over.
 */
const HOLD = `
function asked.hold()
  sweep()
  local id, lease, count = words(), number(), number()
  local known = redis.call('HGET', holds, id)
  if known == '' then return end
  if known then return cmsgpack.unpack(known).a end
  local hold = { c = {} }
  local answer = { '1' }
  for index = 1, count do
    local claim = next_claim()
    local key = counter(index)
    local s = get(key, claim.t, claim.c, claim.w, claim.e)
    local wait = wait_for(s, claim.burst, claim.n)
    local trial = '0'
    local amount = claim.n
    if wait ~= 0 then
      if math.floor(claim.f / 2) % 2 == 0 then
        return '0 ' .. text(index - 1) .. ' ' .. text(wait)
      end
      trial = '1'
      if claim.t == 'g' then amount = 0 end
    end
    local charge = { k = key, t = claim.t, n = amount, w = claim.w, e = claim.e, f = claim.f, b = s.b }
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
end
`

/**
 * Words: id, how many amounts, and these: what was used, by claim, -1 for what was held. No amounts and `x` in place of
 * their number: nothing was used, and a hold of this id that comes late is none.
 */
const SETTLE = `
function asked.settle()
  local id, count = words(), words()
  local actual = {}
  for index = 1, tonumber(count) or 0 do actual[index] = number() end
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
  put_all()
  if packed and packed ~= '' or count == 'x' then keep(id, '', REMEMBERED) end
end
`

/** Words: lease in ms, then ids. Holds that are over stay so. */
const RENEW = `
function asked.renew()
  local ends = string.format('%.0f', now + number())
  for id in words do
    local packed = redis.call('HGET', holds, id)
    if packed and packed ~= '' then redis.call('ZADD', leases, 'XX', ends, id) end
  end
  redis.call('PEXPIRE', leases, KEPT)
  redis.call('PEXPIRE', holds, KEPT)
end
`

/** Words: id, how many claims, and these, as those of a hold: charged whether they fit or not, once by id. */
const CHARGE = `
function asked.charge()
  local id, count = words(), number()
  if redis.call('HGET', holds, id) then return end
  for index = 1, count do
    local claim = next_claim()
    local s = get(counter(index), claim.t, claim.c, claim.w, claim.e)
    kinds[claim.t].charge(s, claim.n)
  end
  put_all()
  keep(id, '', CHARGE_REMEMBERED)
end
`

/** Words: how many limits, and these, as claims. Answers for each: spent, held, credit, remaining, and in how many ms the limit is whole. */
const READ = `
function asked.read()
  sweep()
  local answer = {}
  for index = 1, number() do
    local claim = next_claim()
    local s = get(counter(index), claim.t, claim.c, claim.w, claim.e)
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
end
`

/** Words: id, 1, and one claim, whose amount is what to top up. Once by id. */
const TOP_UP = `
function asked.topUp()
  local id = words()
  words()
  if redis.call('HGET', holds, id) then return end
  local claim = next_claim()
  local s = get(counter(1), claim.t, nil, claim.w, claim.e)
  s.e = claim.e
  s.x = s.x + claim.n
  put_all()
  keep(id, '', CHARGE_REMEMBERED)
end
`

/** Forgets the counter. Holds that are open will find that it began anew. */
const RESET = `
function asked.reset()
  redis.call('DEL', counter(1))
end
`

/**
 * Words: id, lease in ms, 1, and one claim whose amount is the least that will do, then the most that is wanted, and how
 * long units may be used, in ms. Answers `1`, how many were taken, for how many ms, what remains, and in how many ms the
 * limit is whole; or `0` and the wait. The least may be 0. Units of a block count as set aside until they are told to be
 * used, or lost: so whenever they are used, they are never over the limit.
 */
const TAKE = `
function asked.take()
  sweep()
  local id, lease = words(), number()
  words()
  local claim = next_claim()
  local most, life = number(), number()
  local known = redis.call('HGET', holds, id)
  if known == '' then return end
  if known then return cmsgpack.unpack(known).a end
  local key = counter(1)
  local s = get(key, claim.t, claim.c, claim.w, claim.e)
  local wait = wait_for(s, claim.burst, claim.n)
  if wait ~= 0 then return '0 ' .. text(wait) end
  local units = math.max(math.min(most, remaining_of(s, claim.burst)), claim.n)
  s.r = s.r + units
  if claim.t == 'f' then life = math.min(life, (s.k + 1) * s.w - now) end
  if claim.t == 's' and s.e >= 0 then life = math.max(math.min(life, s.e - now), 0) end
  local rest = { text(remaining_of(s, claim.burst)), text(kinds[s.t].reset(s)) }
  local answer = table.concat({ '1', text(units), text(math.floor(life)), rest[1], rest[2] }, ' ')
  local block = { k = key, t = claim.t, n = units, w = claim.w, e = claim.e, f = claim.f, b = s.b, m = s.k, a = answer }
  put_all()
  keep(id, cmsgpack.pack(block), life + lease)
  return answer
end
`

/**
 * Words: id of a block, and how many units of it were used. Answers its mark and its beginning, for {@link CORRECT}:
 * holds may outlive the block that they were granted out of.
 */
const RELEASE = `
function asked.release()
  local id, used = words(), number()
  local packed = redis.call('HGET', holds, id)
  if not packed or packed == '' then return end
  local block = cmsgpack.unpack(packed)
  release_block(block, used)
  put_all()
  keep(id, '', REMEMBERED)
  return string.format('%.17g', block.m) .. ' ' .. string.format('%.17g', block.b)
end
`

/**
 * Words: id, 1, and one claim, then a mark and a beginning as {@link RELEASE} tells them, what was charged and what was
 * used of it. Once by id.
 */
const CORRECT = `
function asked.correct()
  local id = words()
  words()
  if redis.call('HGET', holds, id) then return end
  local claim = next_claim()
  local mark, beginning, charged, used = number(), number(), number(), number()
  local charge = { k = counter(1), t = claim.t, n = charged, w = claim.w, e = claim.e, f = 1, m = mark, b = beginning }
  settle_charge(charge, used)
  put_all()
  keep(id, '', CHARGE_REMEMBERED)
end
`

/** Each question by itself: one that fails changes nothing for the others. */
const ANSWER = `
local answers = {}
for question in string.gmatch(ARGV[1], '[^\\n]+') do
  words = string.gmatch(question, '%S+')
  base = number()
  leases, holds = KEYS[base + 1], KEYS[base + 2]
  states, keys = {}, {}
  local done, answer = pcall(asked[words()])
  if not done then
    local said = type(answer) == 'table' and answer.err or tostring(answer)
    local word = string.match(said, '%u%u%u+') or 'ERR'
    -- All of them need a master, and the client has to see that this is none.
    if word == 'READONLY' then return redis.error_reply('READONLY this is no master') end
    answer = '-' .. word
  end
  answers[#answers + 1] = answer or ''
end
return table.concat(answers, '\\n')
`

/** What can be asked. */
export type Asked = 'hold' | 'settle' | 'renew' | 'charge' | 'read' | 'topUp' | 'reset' | 'take' | 'release' | 'correct'

const ALL: { readonly [Each in Asked]: string } = {
  hold: HOLD,
  settle: SETTLE,
  renew: RENEW,
  charge: CHARGE,
  read: READ,
  topUp: TOP_UP,
  reset: RESET,
  take: TAKE,
  release: RELEASE,
  correct: CORRECT
}

/** @param time Lua that defines `now`; the server's own time, if not given. */
export function limitScript(time: string = SERVER_TIME): RedisScript {
  return new RedisScript(`${time}${COUNTERS}${HOLDS}${Object.values(ALL).join('')}${ANSWER}`)
}
