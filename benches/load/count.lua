-- What both scripts share: counting answers by status, and the report.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

-- Statuses other than 2xx, as text in one string: tables do not cross from a thread.
function count(status)
  answered = answered + 1
  if status < 200 or status > 299 then
    local key = tostring(status)
    others[key] = (others[key] or 0) + 1
    local parts = {}
    for name, number in pairs(others) do
      table.insert(parts, name .. "=" .. number)
    end
    tally = table.concat(parts, " ")
  end
end

function start_counting()
  answered = 0
  others = {}
  tally = ""
end

-- Lines with `=` are the report, those with `!` say what must not be.
function report(summary, latency, expected)
  local total = {}
  for _, thread in ipairs(threads) do
    for name, number in string.gmatch(thread:get("tally") or "", "(%d+)=(%d+)") do
      total[name] = (total[name] or 0) + tonumber(number)
    end
  end
  local seconds = summary.duration / 1e6
  print(string.format("= %d requests, %.1f a second", summary.requests, summary.requests / seconds))
  local p = function(share) return latency:percentile(share) / 1e3 end
  print(string.format("= latency p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, most %.1f ms; p99 is %.1f times p50",
    p(50), p(99), p(99.9), latency.max / 1e3, p(99) / p(50)))
  local said = false
  for name, number in pairs(total) do
    said = true
    print(string.format("= status %s: %d", name, number))
    if not expected[name] then print("! status " .. name) end
  end
  if not said then print("= every answer was 2xx") end
  local e = summary.errors
  print(string.format("= socket errors: connect %d, read %d, write %d, timeout %d",
    e.connect, e.read, e.write, e.timeout))
  if e.connect + e.read + e.write + e.timeout > 0 then print("! socket errors") end
end
