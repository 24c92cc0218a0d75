-- Questions, or with the argument `search` queries, over the seed.

dofile("benches/load/count.lua")

local questions = {
  "超大特大城市应该怎样发展？", "灵活就业人员能参加住房公积金吗？", "群租房怎么管？",
  "城市更新的资金从哪里来？", "第五部分包括哪几条？", "养老服务有什么安排？",
  "历史文化街区怎么保护？", "北京的地铁票价是多少？", "社区嵌入式服务设施怎么建？",
  "好房子有什么标准？", "Which city clusters are to become world-class?", "城市基础设施怎样更新改造？",
}
local queries = { "城市更新", "住房公积金", "生态修复", "数字化改造", "传统村落" }

function init(arguments)
  start_counting()
  searching = arguments[1] == "search"
  turn = number * 7
end

function request()
  turn = turn + 1
  local headers = { ["content-type"] = "application/json" }
  if searching then
    local query = queries[turn % #queries + 1]
    return wrk.format("POST", "/v1/search", headers, '{"query": "' .. query .. '"}')
  end
  local question = questions[turn % #questions + 1]
  return wrk.format("POST", "/v1/ask", headers, '{"question": "' .. question .. '"}')
end

function response(status)
  count(status)
end

function done(summary, latency)
  report(summary, latency, { ["429"] = true })
end
