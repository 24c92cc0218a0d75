-- Each of two clients adds ten documents, adds nine of them anew with other words, and removes all ten,
-- again and again: the library stays about as large as it was.

dofile("benches/load/count.lua")

local kept = 10

function init()
  start_counting()
  turn = 0
  ids = {}
  waits = nil
end

local function text(number, round)
  local lines = {}
  for article = 1, 6 do
    table.insert(lines, string.format(
      "第%d条 第%d号事项第%d次修订：申请人应当在%d个工作日内提交材料，主管部门审核后书面告知结果。",
      article, number, round, article + round % 20))
  end
  return table.concat(lines, "\\n")
end

-- Steps of a round: 1..kept add, then replace all but the first, then remove all.
function request()
  local headers = { ["content-type"] = "application/json" }
  local steps = 3 * kept - 1
  local step, round = turn % steps, math.floor(turn / steps)
  local place = step + 1
  if step >= kept then place = step - kept + 2 end
  if step >= 2 * kept - 1 then place = step - (2 * kept - 1) + 1 end
  asked = place
  if step >= 2 * kept - 1 then
    return wrk.format("DELETE", "/v1/documents/" .. (ids[place] or "none"), headers)
  end
  local version = 2 * round + (step >= kept and 1 or 0)
  local title = string.format("办理规定%d之%d", number, place)
  return wrk.format("POST", "/v1/documents", headers,
    string.format('{"title": "%s", "text": "%s"}', title, text(place, version)))
end

-- One connection to a thread: answers come in the order of the requests. A request that was turned away
-- is sent again.
function response(status, _, body)
  count(status)
  if status == 429 then return end
  local id = string.match(body or "", '"id":"(%x+)"')
  if id then ids[asked] = id end
  turn = turn + 1
end

function done(summary, latency)
  report(summary, latency, { ["429"] = true })
end
