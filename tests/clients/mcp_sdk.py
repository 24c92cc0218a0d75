"""The MCP SDK: the same tools, resources and prompt over HTTP and over standard input and output."""

import os

import anyio
from common import QUESTION, QUOTE, URL, check
from mcp import Client, StdioServerParameters


async def exercise(client):
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    check(set(tools) == {"ask", "search", "get_clause", "outline", "verify_quote", "list_documents"}, tools)
    check(all(tool.annotations.read_only_hint for tool in tools.values()), tools)
    # The SDK checks structured content against the tool's output schema.
    answer = await client.call_tool("ask", {"question": QUESTION})
    check(QUOTE in answer.structured_content["citations"][0]["quote"], answer)
    clause = answer.structured_content["citations"][0]["clause_id"]
    check(f"yiju://clauses/{clause}" in answer.content[0].text, answer.content)
    refused = await client.call_tool("ask", {"question": "北京的地铁票价是多少？"})
    check(refused.structured_content["refusal"]["code"] == "no_match", refused)
    await client.call_tool("search", {"query": QUESTION, "limit": 3})
    await client.call_tool("get_clause", {"clause_id": clause})
    documents = await client.call_tool("list_documents", {})
    first = documents.structured_content["documents"][0]["id"]
    await client.call_tool("outline", {"document_id": first})
    verified = await client.call_tool("verify_quote", {"quote": QUOTE, "statement": "超大城市的规模要控制。"})
    check(verified.structured_content["citations"][0]["status"] == "exists", verified)
    wrong = await client.call_tool("get_clause", {"clause_id": "nope.0"})
    check(wrong.is_error and "nope.0" in wrong.content[0].text, wrong)
    resources = (await client.list_resources()).resources
    text = await client.read_resource(resources[0].uri)
    check(QUOTE in text.contents[0].text, resources)
    prompt = await client.get_prompt("draft_with_citations", {"topic": "城市规模"})
    check("城市规模" in prompt.messages[0].content.text, prompt)


async def main():
    for mode in ("auto", "legacy"):
        async with Client(f"{URL}/mcp", mode=mode) as client:
            await exercise(client)
        program = StdioServerParameters(command=os.environ["YIJU"], args=["mcp"], env=dict(os.environ))
        async with Client(program, mode=mode) as client:
            await exercise(client)


anyio.run(main)
