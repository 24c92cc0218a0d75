// The API's description (openapi.json) as the page shows it.

/**
 * @typedef {object} Route
 * @property {string} method
 * @property {string} path
 * @property {any} does the operation as described
 * @property {any} [sample] a body that can be sent as it is
 */

/** The groups in the order of use; others follow. */
const GROUPS = [
  "documents",
  "tasks",
  "ask",
  "search",
  "verify",
  "measure",
  "embeddings",
  "openai",
  "tei",
  "collections",
  "service",
];

/** The routes in the order of use; others follow in their group. */
const FIRST = [
  "POST /v1/documents",
  "POST /v1/documents/batch",
  "GET /v1/documents",
  "GET /v1/documents/{id}",
  "GET /v1/documents/{id}/clauses",
  "GET /v1/clauses/{id}",
  "GET /v1/documents/{id}/versions",
  "GET /v1/documents/{id}/diff",
  "GET /v1/documents/{id}/text",
  "GET /v1/documents/{id}/original",
  "GET /v1/documents/{id}/pages/{page}",
  "PUT /v1/documents/{id}",
  "DELETE /v1/documents/{id}",
  "POST /v1/documents/delete",
  "POST /v1/ask",
  "GET /v1/ask",
  "GET /v1/collections",
  "PUT /v1/collections/{collection}",
  "GET /v1/collections/{collection}",
];

/** Bodies that can be sent as they are. @type {Record<string, any>} */
const SAMPLES = {
  "POST /v1/ask": { question: "超大特大城市应该怎样发展？", limit: 3 },
  "POST /v1/search": { query: "城市更新", limit: 5 },
  "POST /v1/search/batch": {
    queries: [{ query: "城市更新" }, { query: "公园绿地" }],
  },
  "POST /v1/verify": { citations: [{ quote: "控制超大城市的规模" }] },
  "POST /v1/ground": {
    answer: "超大城市的规模可以不受控制。[1]",
    sources: [{ text: "控制超大城市的规模。" }],
  },
  "POST /v1/documents": {
    title: "图书馆管理办法",
    text: "图书馆管理办法\n第一条 借书期限为三十天。\n第二条 逾期一天收费一角。\n",
  },
  "POST /v1/documents/delete": { filter: { sources: ["图书馆管理办法"] }, dry_run: true },
  "PUT /v1/documents/{id}": {
    title: "图书馆管理办法",
    text: "图书馆管理办法\n第一条 借书期限为六十天。\n",
  },
  "POST /v1/bench": { seconds: 0.5, callers: [1] },
  "POST /v1/eval": {
    questions: [{ q: "超大特大城市应该怎样发展？", evidence: ["控制超大城市的规模"] }],
  },
  "POST /v1/embeddings": { input: ["城市更新"], input_type: "query" },
  "POST /v1/chat/completions": {
    model: "yiju",
    messages: [{ role: "user", content: "超大特大城市应该怎样发展？" }],
  },
  "POST /v1/responses": { model: "yiju", input: "超大特大城市应该怎样发展？" },
  "POST /v1/rerank": {
    query: "城市更新",
    documents: ["持续推进城市更新。", "图书馆周一闭馆。"],
  },
  "POST /embed": { inputs: ["城市更新"] },
  "POST /rerank": {
    query: "城市更新",
    texts: ["持续推进城市更新。", "图书馆周一闭馆。"],
  },
  "POST /tokenize": { inputs: "城市更新" },
  "PUT /v1/collections/{collection}": { max_documents: 1000 },
};

/** All routes by group, without the twins of collections. @param {any} api @returns {{name: string, routes: Route[]}[]} */
export function inOrder(api) {
  /** @type {Map<string, Route[]>} */
  const groups = new Map(GROUPS.map((name) => [name, []]));
  for (const [path, item] of Object.entries(api.paths)) {
    if (path.startsWith("/v1/collections/{collection}/")) continue;
    for (const [method, does] of Object.entries(/** @type {any} */ (item))) {
      const name = does.tags?.[0] ?? "service";
      const verb = method.toUpperCase();
      groups.set(name, [
        ...(groups.get(name) ?? []),
        {
          method: verb,
          path,
          does,
          sample: SAMPLES[`${verb} ${path}`] ?? sampleOf(api, does),
        },
      ]);
    }
  }
  const rank = (/** @type {Route} */ one) => {
    const at = FIRST.indexOf(`${one.method} ${one.path}`);
    return at < 0 ? FIRST.length : at;
  };
  for (const routes of groups.values()) routes.sort((a, b) => rank(a) - rank(b));
  return [...groups].filter(([, routes]) => routes.length).map(([name, routes]) => ({ name, routes }));
}

/** A body from what a schema requires, for routes without an example. @param {any} api @param {any} does */
function sampleOf(api, does) {
  const schema = does.requestBody?.content?.["application/json"]?.schema;
  return schema ? valueOf(api, schema, 0) : undefined;
}

/** @param {any} api @param {any} schema @param {number} depth @returns {any} */
function valueOf(api, schema, depth) {
  const full = resolved(api, schema);
  if (full.example !== undefined) return full.example;
  if (full.default !== undefined) return full.default;
  if (full.enum) return full.enum[0];
  const inner = full.oneOf ?? full.anyOf ?? full.allOf;
  if (inner) return valueOf(api, inner[0], depth);
  const type = /** @type {string[]} */ ([]).concat(full.type ?? "object")[0];
  if (type === "object" && depth < 4) {
    const required = full.required ?? [];
    return Object.fromEntries(
      required.map((/** @type {string} */ name) => [name, valueOf(api, full.properties?.[name] ?? {}, depth + 1)]),
    );
  }
  if (type === "array") return full.items ? [valueOf(api, full.items, depth + 1)] : [];
  return (
    {
      string: "城市更新",
      integer: full.minimum ?? 1,
      number: full.minimum ?? 0,
      boolean: false,
    }[/** @type {"string"} */ (type)] ?? {}
  );
}

/** @param {any} api @param {any} schema */
function resolved(api, schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? (api.components?.schemas?.[name] ?? {}) : (schema ?? {});
}

/** The name of a schema's type. @param {any} schema @returns {string} */
export function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const any = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (any) return any.map(typeName).join(" | ");
  const type = [].concat(schema.type ?? "any").join(" | ");
  return schema.items ? `${typeName(schema.items)}[]` : type;
}

/** The fields of a schema: name, type, meaning, whether required. @param {any} api @param {any} schema @returns {any[][]} */
export function schemaFields(api, schema) {
  const full = resolved(api, schema);
  return Object.entries(full.properties ?? {}).map(([name, one]) => [
    name,
    typeName(one),
    /** @type {any} */ (one).description ?? "",
    (full.required ?? []).includes(name),
  ]);
}

/** What must stand in the address. @type {Record<string, string>} */
const QUERIES = {
  "GET /v1/ask": `?question=${encodeURIComponent("超大特大城市应该怎样发展？")}`,
};

/** A path that can be sent as it is. @param {Route} route @param {string} id of a document that is there, or `ID` */
export function samplePath(route, id) {
  const clause = route.path.startsWith("/v1/clauses/");
  const path = route.path
    .replace("{id}", clause ? `${id}.0` : id)
    .replace("{collection}", "cities")
    .replace("{page}", "1.png");
  return path + (QUERIES[`${route.method} ${route.path}`] ?? "");
}

/** The same request with curl and with Python's standard library. @param {Route} route @param {string} id @param {string} origin @returns {[string, string][]} */
export function examples(route, id, origin) {
  const url = origin + samplePath(route, id);
  const { method, sample } = route;
  const file = method === "POST" && route.path === "/v1/documents";
  const body = sample ? JSON.stringify(sample) : "";
  const curl = [
    `curl -s ${method === "GET" || (method === "POST" && sample) ? "" : `-X ${method} `}${url}`,
    `-H "authorization: Bearer $YIJU_KEY"`,
  ];
  if (sample) curl.push("-H 'content-type: application/json'", `-d '${body.replace(/'/g, "'\\''")}'`);
  const python = [
    "import json, os, urllib.request",
    "",
    "request = urllib.request.Request(",
    `    ${JSON.stringify(url)},`,
    `    method=${JSON.stringify(method)},`,
    `    headers={"content-type": "application/json", "authorization": f"Bearer {os.environ.get('YIJU_KEY', '')}"},`,
    ...(sample ? [`    data=json.dumps(${pythonOf(sample)}).encode(),`] : []),
    ")",
    "print(urllib.request.urlopen(request).read()[:2000].decode(errors='replace'))",
  ];
  /** @type {[string, string][]} */
  const shown = [["curl", curl.join(" \\\n  ")]];
  if (file) shown.push(["curl (file)", `curl -s ${url} -H "authorization: Bearer $YIJU_KEY" -F file=@policy.pdf`]);
  return [...shown, ["Python", python.join("\n")]];
}

/** A JSON value as Python writes it. @param {any} value @returns {string} */
function pythonOf(value) {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${pythonOf(inner)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}
