import { parseSync } from "vite";

export interface ImportUse {
  readonly specifier: string;
  readonly line: number;
  /** Erased by the compiler: nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** Imported names; empty for `import "x"`, `["*"]` for a namespace, a re-export of all or an `import()`. */
  readonly names: readonly string[];
}

export interface GlobalUse {
  /** A dotted path such as `Date.now`, `new Date()` for the argumentless form, or a bare name. */
  readonly name: string;
  readonly line: number;
}

/** A name that may be one of an environment variable: `process.env["NAME"]`, or a key `NAME_LIKE_THIS` of an object. */
export interface VariableUse {
  readonly name: string;
  readonly line: number;
  readonly kind: "read" | "key";
}

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly imports: readonly ImportUse[];
  readonly globals: readonly GlobalUse[];
  readonly variables: readonly VariableUse[];
}

type Ast = { readonly type: string; readonly start: number } & Record<string, unknown>;

/** Reads one TypeScript file: what it imports, and which globals it touches. Throws where it does not parse. */
export function readSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text);
  const [error] = parsed.errors;
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  const program = parsed.program as unknown as Ast;
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const imports: ImportUse[] = [];
  const used: GlobalUse[] = [];
  const variables: VariableUse[] = [];
  const bound = new Set<string>();
  visit(program, (node) => {
    const found = importOf(node, lineOf(node.start));
    if (found !== undefined) imports.push(found);
    for (const name of bindingsOf(node)) bound.add(name);
    const name = globalOf(node);
    if (name !== undefined) used.push({ name, line: lineOf(node.start) });
    const variable = variableOf(node);
    if (variable !== undefined) variables.push({ ...variable, line: lineOf(node.start) });
  });
  // A name that the file binds anywhere is taken for the file's own: no scopes are followed.
  return { path, imports, globals: used.filter(({ name }) => !bound.has(rootOf(name))), variables };
}

function rootOf(name: string): string {
  return name === "new Date()" ? "Date" : (name.split(".")[0] as string);
}

function isAst(value: unknown): value is Ast {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Expressions that TypeScript wraps around an expression of the language; every other TS node is a type and is erased. */
const WRAPPERS = new Set(["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression", "TSTypeAssertion", "TSInstantiationExpression"]);

function visit(node: Ast, enter: (node: Ast) => void): void {
  if (node.type.startsWith("TS") && !WRAPPERS.has(node.type)) return;
  enter(node);
  for (const [key, value] of Object.entries(node)) {
    if (isName(node, key) || (WRAPPERS.has(node.type) && key !== "expression")) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isAst(child)) visit(child, enter);
  }
}

/** Tells whether `node[key]` merely names something (`x.fetch`, `{ fetch: 1 }`) instead of using it. */
function isName(node: Ast, key: string): boolean {
  if (node.type === "MemberExpression") return key === "property" && node["computed"] === false;
  if (["Property", "PropertyDefinition", "MethodDefinition", "AccessorProperty"].includes(node.type))
    return key === "key" && node["computed"] === false;
  return /^(Import|Export)\w*Specifier$/.test(node.type) || node.type === "LabeledStatement" ? key !== "body" : false;
}

function importOf(node: Ast, line: number): ImportUse | undefined {
  const source = node["source"];
  if (!isAst(source)) return undefined;
  const specifier = source["value"];
  if (typeof specifier !== "string") return undefined;
  if (node.type === "ImportExpression" || node.type === "ExportAllDeclaration") {
    return { specifier, line, typeOnly: node["exportKind"] === "type", names: ["*"] };
  }
  if (node.type !== "ImportDeclaration" && node.type !== "ExportNamedDeclaration") return undefined;
  const parts = (node["specifiers"] as Ast[]).map((part) => ({
    name: nameOf(part["imported"] ?? (part.type === "ExportSpecifier" ? part["local"] : undefined)) ?? "*",
    typeOnly: (part["importKind"] ?? part["exportKind"]) === "type",
  }));
  const whole = (node["importKind"] ?? node["exportKind"]) === "type";
  const typeOnly = whole || (parts.length > 0 && parts.every((part) => part.typeOnly));
  return { specifier, line, typeOnly, names: parts.filter((part) => !part.typeOnly).map((part) => part.name) };
}

function nameOf(node: unknown): string | undefined {
  if (!isAst(node)) return undefined;
  if (node.type === "Identifier") return node["name"] as string;
  return node.type === "Literal" ? String(node["value"]) : undefined;
}

function bindingsOf(node: Ast): string[] {
  if (node.type === "VariableDeclarator") return namesIn(node["id"]);
  if (node.type === "CatchClause") return namesIn(node["param"]);
  if (/^Import\w*Specifier$/.test(node.type)) return namesIn(node["local"]);
  if (!/^(Arrow)?Function|^Class/.test(node.type)) return [];
  return [...namesIn(node["id"]), ...((node["params"] as unknown[] | undefined) ?? []).flatMap(namesIn)];
}

function namesIn(pattern: unknown): string[] {
  if (!isAst(pattern)) return [];
  switch (pattern.type) {
    case "Identifier":
      return [pattern["name"] as string];
    case "ObjectPattern":
      return (pattern["properties"] as Ast[]).flatMap((property) => namesIn(property["value"] ?? property["argument"]));
    case "ArrayPattern":
      return (pattern["elements"] as unknown[]).flatMap(namesIn);
    case "AssignmentPattern":
      return namesIn(pattern["left"]);
    case "RestElement":
      return namesIn(pattern["argument"]);
    default:
      return [];
  }
}

function globalOf(node: Ast): string | undefined {
  if (node.type === "Identifier") return node["name"] as string;
  if (node.type === "MemberExpression") return dottedPath(node)?.replace(/^(globalThis|window|self)\./, "");
  const callee = node["callee"];
  const argumentsGiven = node["arguments"];
  if (node.type === "NewExpression" && nameOf(callee) === "Date" && Array.isArray(argumentsGiven) && argumentsGiven.length === 0) return "new Date()";
  return undefined;
}

const VARIABLE_NAME = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;

function variableOf(node: Ast): Pick<VariableUse, "name" | "kind"> | undefined {
  const read = node.type === "MemberExpression" ? /^process\.env\.(\w+)$/.exec(dottedPath(node) ?? "")?.[1] : undefined;
  if (read !== undefined) return { name: read, kind: "read" };
  const key = node.type === "Property" && node["computed"] === false ? nameOf(node["key"]) : undefined;
  return key !== undefined && VARIABLE_NAME.test(key) ? { name: key, kind: "key" } : undefined;
}

function dottedPath(node: Ast): string | undefined {
  if (node.type === "Identifier") return node["name"] as string;
  if (node.type !== "MemberExpression") return undefined;
  const object = node["object"];
  const left = isAst(object) ? dottedPath(object) : undefined;
  const property = node["property"];
  const right =
    node["computed"] === false ? nameOf(property) : isAst(property) && property.type === "Literal" ? String(property["value"]) : undefined;
  return left === undefined || right === undefined ? undefined : `${left}.${right}`;
}
