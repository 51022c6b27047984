import { createHash } from 'node:crypto';

/*
 * The Lua programs that Redis runs. Each is one atomic step: Redis runs nothing else meanwhile, and its append-only file gets the whole
 * step or nothing of it. They live here as text, so that a build has nothing to copy.
 *
 * In all of them XADD comes first among the writes of one change: if the log refuses the entry (its newest ID is not behind the revision,
 * so somebody put the keys back to an older state), nothing else has happened.
 */
export interface Script {
  source: string;
  sha: string;
}

const script = (source: string): Script => ({ source, sha: createHash('sha1').update(source).digest('hex') });

/** KEYS 1-6, in this order in every script: see keys.ts. */
const prelude = `
local revision, log, index, claims, held, expiry = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now, window = ARGV[1], ARGV[2]

local function append(...)
  local next = redis.call('INCR', revision)
  redis.call('XADD', log, 'MAXLEN', '~', window, string.format('%.0f-0', next), ...)
  return next
end

local function release(key)
  local names = redis.call('HGET', held, key)
  if not names then return end
  for claim in string.gmatch(names, '[^\\n]+') do redis.call('HDEL', claims, claim) end
  redis.call('HDEL', held, key)
end

local function remove(key, valueKey)
  local next = append('k', key)
  redis.call('DEL', valueKey)
  redis.call('ZREM', index, key)
  redis.call('ZREM', expiry, key)
  release(key)
  return next
end
`;

/**
 * A batch of writes. KEYS 7… are the value keys, one per write. ARGV: the time in Unix ms, the log's window, then six per write: key;
 * expected revision as 16 digits, `absent`, `any` or `follows`; `put` or `delete`; the JSON; claims, one a line, or `*` for "as before"; the Unix
 * ms of its end, or ''. Answers one array per write: ok revision [removed value] · conflict value · exists value · absent · claimed
 * claim holder.
 */
export const writeScript = script(`${prelude}
local function refuse(key, valueKey, expect, kind, wanted)
  local found = redis.call('GETRANGE', valueKey, 0, 15)
  if found == '' then
    if kind == 'delete' or (expect ~= 'any' and expect ~= 'absent' and expect ~= 'follows') then return {'absent'} end
  elseif expect == 'absent' then
    return {'exists', redis.call('GET', valueKey)}
  elseif expect ~= 'any' and expect ~= 'follows' and expect ~= found then
    return {'conflict', redis.call('GET', valueKey)}
  end
  if kind == 'put' and wanted ~= '*' then
    for claim in string.gmatch(wanted, '[^\\n]+') do
      local holder = redis.call('HGET', claims, claim)
      if holder and holder ~= key then return {'claimed', claim, holder} end
    end
  end
  return nil, found ~= ''
end

local answers = {}
local led = false
for i = 7, #KEYS do
  local at = 3 + (i - 7) * 6
  local key, expect, kind, value, wanted, ends = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  local answer, present = {'absent'}, false
  if led or expect ~= 'follows' then answer, present = refuse(key, KEYS[i], expect, kind, wanted) end
  if not answer and kind == 'delete' then
    local removed = redis.call('GET', KEYS[i])
    answer = {'ok', remove(key, KEYS[i]), removed}
  elseif not answer then
    local next
    if wanted == '*' then next = append('k', key, 'v', value) else next = append('k', key, 'v', value, 'c', wanted) end
    redis.call('SET', KEYS[i], string.format('%016.0f', next) .. value)
    if not present then redis.call('ZADD', index, 0, key) end
    if wanted ~= '*' then
      release(key)
      for claim in string.gmatch(wanted, '[^\\n]+') do redis.call('HSET', claims, claim, key) end
      if wanted ~= '' then redis.call('HSET', held, key, wanted) end
    end
    if ends ~= '' then redis.call('ZADD', expiry, ends, key) elseif present then redis.call('ZREM', expiry, key) end
    answer = {'ok', next}
  end
  if expect ~= 'follows' then led = answer[1] == 'ok' end
  answers[#answers + 1] = answer
end
return answers
`);

/** Removes what has reached its end. ARGV: the time in Unix ms, the log's window, how many at most, the prefix of value keys. Answers how many. */
export const expireScript = script(`${prelude}
local due = redis.call('ZRANGEBYSCORE', expiry, '-inf', now, 'LIMIT', 0, ARGV[3])
for _, key in ipairs(due) do remove(key, ARGV[4] .. key) end
return #due
`);
