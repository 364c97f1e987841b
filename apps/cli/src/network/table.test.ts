import { expect, test } from "vitest";
import { formatTable } from "./table.ts";

test("columns are as wide as their widest cell; numbers stand to the right", () => {
  const text = formatTable(
    ["model", "ms"],
    [
      ["digits", "7"],
      ["minilm-l6-v2", "12.5"],
    ],
  );
  expect(text.split("\n")).toEqual(["model           ms", "------------  ----", "digits           7", "minilm-l6-v2  12.5"]);
});

test("without rows there is a heading; missing cells are blank", () => {
  expect(formatTable(["a", "b"], [])).toBe("a  b\n-  -");
  expect(formatTable(["a", "b"], [["x"]])).toBe("a  b\n-  -\nx");
});
