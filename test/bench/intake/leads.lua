-- wrk's script: unique leads over GraphQL, and a look at every answer.
--
-- BENCH_KEYS   API keys, divided by commas; requests take turns
-- BENCH_BATCH  1 for submitLead, more for submitLeads
-- BENCH_NAME   begins every externalId, so that no leg repeats another's
-- BENCH_RATE   requests a second; empty: as many as are answered
-- BENCH_SHAPE  "generated": the mutation that PostGraphile makes of a table, with one lead a request

local keys = {}
for key in os.getenv("BENCH_KEYS"):gmatch("[^,]+") do
  keys[#keys + 1] = key
end
local batch = tonumber(os.getenv("BENCH_BATCH"))
local name = os.getenv("BENCH_NAME")
local threads = {}

-- An hour ago: a consent of long ago makes a lead wait for somebody to look at it.
local agreed = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 3600)
-- Everybody is somebody of their own, or most would be duplicates, and those of another leg are others still.
local leg = 0
for index = 1, #name do
  leg = (leg * 31 + name:byte(index)) % 700
end
local firstPhone = 2000000000 + leg * 10000000

local lead = '{"externalId":"%s","vertical":"solar",'
  .. '"contact":{"email":"%s@example.com","phone":"+1%010.0f","givenName":"Ada","familyName":"Lovelace",'
  .. '"postalCode":"10001","country":"US"},'
  .. '"attributes":[{"key":"roof","value":"tiles"},{"key":"monthlyBill","value":"184"},'
  .. '{"key":"owner","value":"true"}],'
  .. '"source":{"channel":"search","campaign":"autumn","subId":"a-%d"},'
  .. '"consent":{"text":"I agree to be contacted about solar offers by phone and e-mail.",'
  .. '"capturedAt":"' .. agreed .. '","ip":"203.0.113.7","certificateUrl":"https://certificates.example/%d"},'
  .. '"score":71}'

local answer = "{lead{id status}replayed userErrors{code}}"
local single = '{"query":"mutation($input:SubmitLeadInput!){submitLead(input:$input)' .. answer .. '}",'
  .. '"variables":{"input":%s}}'
local bulk = '{"query":"mutation($input:SubmitLeadsInput!){submitLeads(input:$input){results' .. answer
  .. 'userErrors{code}}}","variables":{"input":{"leads":[%s]}}}'
local taken = '"status":"SOLD"},"replayed":false,"userErrors":[]'
local isGenerated = os.getenv("BENCH_SHAPE") == "generated"
if isGenerated then
  single = '{"query":"mutation($input:CreateLeadInput!){createLead(input:$input){lead{rowId externalId}}}",'
    .. '"variables":{"input":{"lead":%s}}}'
  taken = '"lead":{"rowId":"'
end

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("number", #threads)
end

function init()
  count = 0
  accepted = 0
  refused = 0
  heads = {}
  for index, key in ipairs(keys) do
    heads[index] = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"]
      .. "\r\nContent-Type: application/json\r\nAuthorization: Bearer " .. key .. "\r\nContent-Length: "
  end
end

local function nextLead()
  count = count + 1
  local id = name .. "-" .. number .. "-" .. count
  local text = lead:format(id, id, firstPhone + number * 1000000 + count, count % 50, count)
  if isGenerated then
    return '{"externalId":"' .. id .. '","lead":' .. text .. "}"
  end
  return text
end

function request()
  local body
  if batch == 1 then
    body = single:format(nextLead())
  else
    local leads = {}
    for index = 1, batch do
      leads[index] = nextLead()
    end
    body = bulk:format(table.concat(leads, ","))
  end
  local head = heads[math.floor(count / batch) % #heads + 1]
  return head .. #body .. "\r\n\r\n" .. body
end

-- A request begins when its time has come, and those that are late follow at once. wrk looks for a function of this name.
local rate = tonumber(os.getenv("BENCH_RATE") or "")
if rate then
  local ffi = require("ffi")
  ffi.cdef("struct timespec { long seconds; long nanoseconds; }; int clock_gettime(int clock, struct timespec *time);")
  local monotonic = 1
  local time = ffi.new("struct timespec")
  local begun = nil
  local due = 0
  function delay()
    ffi.C.clock_gettime(monotonic, time)
    local now = tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
    begun = begun or now
    due = due + 1
    return math.max(0, begun + (due * 1000) / rate - now)
  end
end

function response(status, _, body)
  local found = 0
  local at = 1
  while status == 200 do
    local _, last = body:find(taken, at, true)
    if not last then
      break
    end
    found = found + 1
    at = last
  end
  accepted = accepted + found
  refused = refused + batch - found
  if found < batch and not example then
    example = status .. " " .. body:sub(1, 300)
  end
end

function done(summary, latency)
  local total = { accepted = 0, refused = 0 }
  local sample = ""
  for _, thread in ipairs(threads) do
    total.accepted = total.accepted + thread:get("accepted")
    total.refused = total.refused + thread:get("refused")
    sample = thread:get("example") or sample
  end
  local errors = summary.errors
  io.write(string.format(
    "\nBENCH accepted=%d refused=%d failed=%d timeouts=%d requests=%d micros=%d p50=%d p99=%d\nBENCH-EXAMPLE %s\n",
    total.accepted, total.refused, errors.connect + errors.read + errors.write, errors.timeout, summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), (sample:gsub("%s+", " "))))
end
