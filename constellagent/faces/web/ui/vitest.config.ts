// How the page's logic is tested: in node, without a browser; a test that needs a document asks for one.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
    watch: false,
  },
});
