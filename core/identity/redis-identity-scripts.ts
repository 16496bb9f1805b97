/**
 * What runs inside Redis to find and to write identities. All keys have one hash
 * tag, so that a change and its announcement are one step: they stand on one
 * server of a cluster. Rows are stored as the text that they came as.
 */
import { RedisScript } from '../store/redis-script.ts'

/** Changes that are kept at least for gateways that have not seen them. */
const KEPT_CHANGES = 4096

/** What both scripts call keys. */
const KEYS = `
local prefix = KEYS[1]
local function row_key(kind, id) return prefix .. ':' .. kind .. ':' .. id end
local function digest_key(plugin, digest) return prefix .. ':digest:' .. plugin .. ':' .. digest end
`

/** KEYS[1] what all keys begin with; ARGV plugin and digest. Answers the rows of credential, consumer and group, or nothing. */
export const FIND = new RedisScript(`${KEYS}
local id = redis.call('GET', digest_key(ARGV[1], ARGV[2]))
if not id then return false end
local credential = redis.call('GET', row_key('credential', id))
if not credential then return false end
local consumer = redis.call('GET', row_key('consumer', cjson.decode(credential).consumer))
if not consumer then return { credential, false, false } end
local name = cjson.decode(consumer).group
return { credential, consumer, name and redis.call('GET', row_key('group', name)) or false }
`)

/** KEYS[1] what all keys begin with; ARGV the name of a consumer. Answers its row and that of its group, or nothing. */
export const FIND_CONSUMER = new RedisScript(`${KEYS}
local consumer = redis.call('GET', row_key('consumer', ARGV[1]))
if not consumer then return false end
local name = cjson.decode(consumer).group
return { consumer, name and redis.call('GET', row_key('group', name)) or false }
`)

/**
 * KEYS[1] what all keys begin with; ARGV the batch as JSON, and a random word. Answers `ok`, or why nothing was written.
 * The version is counted up with each change; the word tells one that was counted anew from one that went on.
 */
export const WRITE = new RedisScript(`${KEYS}
local batch = cjson.decode(ARGV[1])

local function read(kind, id)
  local text = redis.call('GET', row_key(kind, id))
  return text and cjson.decode(text) or nil
end

local function conflict(change)
  local there = read(change.kind, change.id)
  if change.revision == 0 then
    if there then return 'exists' end
  elseif not there then
    return 'missing'
  elseif there.revision ~= change.revision then
    return 'changed'
  end
  if not change.row then
    local members = prefix .. ':members:' .. change.id
    if change.kind == 'group' and redis.call('SCARD', members) > 0 then return 'group_in_use' end
    return nil
  end
  if change.group and redis.call('EXISTS', row_key('group', change.group)) == 0 then return 'group_missing' end
  if change.owner then
    if redis.call('EXISTS', row_key('consumer', change.owner.consumer)) == 0 then return 'consumer_missing' end
    local taken = redis.call('GET', digest_key(change.owner.plugin, change.owner.digest))
    if taken and taken ~= change.id then return 'digest_taken' end
  end
  return nil
end

for _, change in ipairs(batch) do
  local why = conflict(change)
  if why then return why end
end

local version = prefix .. ':version'
redis.call('HSETNX', version, 'epoch', ARGV[2])

local function announce(text)
  local count = redis.call('HINCRBY', version, 'count', 1)
  redis.call('XADD', prefix .. ':changes', 'MAXLEN', '~', ${KEPT_CHANGES}, string.format('%.0f-0', count), 'change', text)
end

local function forget_credential(id, old)
  redis.call('DEL', row_key('credential', id), digest_key(old.plugin, old.digest))
  redis.call('SREM', prefix .. ':credentials-of:' .. old.consumer, id)
  redis.call('ZREM', prefix .. ':credentials', id)
end

for _, change in ipairs(batch) do
  local kind, id = change.kind, change.id
  local old = read(kind, id)
  if kind == 'credential' then
    if old then
      forget_credential(id, old)
      announce('credential ' .. old.plugin .. ' ' .. old.digest)
    end
    if change.row then
      local owner = change.owner
      redis.call('SET', row_key(kind, id), change.row)
      redis.call('SET', digest_key(owner.plugin, owner.digest), id)
      redis.call('SADD', prefix .. ':credentials-of:' .. owner.consumer, id)
      redis.call('ZADD', prefix .. ':credentials', 0, id)
      announce('credential ' .. owner.plugin .. ' ' .. owner.digest)
    end
  else
    announce(kind .. ' ' .. id)
    if kind == 'consumer' and old and old.group then redis.call('SREM', prefix .. ':members:' .. old.group, id) end
    if change.row then
      redis.call('SET', row_key(kind, id), change.row)
      redis.call('ZADD', prefix .. ':' .. kind .. 's', 0, id)
      local group = kind == 'consumer' and cjson.decode(change.row).group
      if group then redis.call('SADD', prefix .. ':members:' .. group, id) end
    else
      redis.call('DEL', row_key(kind, id))
      redis.call('ZREM', prefix .. ':' .. kind .. 's', id)
      if kind == 'consumer' then
        for _, credential in ipairs(redis.call('SMEMBERS', prefix .. ':credentials-of:' .. id)) do
          local owned = read('credential', credential)
          if owned then forget_credential(credential, owned) end
        end
      end
    end
  end
end
return 'ok'
`)

/**
 * KEYS[1] what all keys begin with; ARGV the kind, the id to begin after, how many, and a consumer or nothing. Answers rows.
 * The credentials of one consumer are sorted here: they are few.
 */
export const LIST = new RedisScript(`${KEYS}
local kind, after, limit, consumer = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local ids
if consumer == '' then
  local first = after == '' and '-' or '(' .. after
  ids = redis.call('ZRANGEBYLEX', prefix .. ':' .. kind .. 's', first, '+', 'LIMIT', 0, limit)
else
  local all = redis.call('SMEMBERS', prefix .. ':credentials-of:' .. consumer)
  table.sort(all)
  ids = {}
  for _, id in ipairs(all) do
    if id > after and #ids < limit then ids[#ids + 1] = id end
  end
end
local rows = {}
for _, id in ipairs(ids) do
  local row = redis.call('GET', row_key(kind, id))
  if row then rows[#rows + 1] = row end
end
return rows
`)
