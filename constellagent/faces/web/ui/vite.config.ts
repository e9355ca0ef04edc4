// How the page is built: into files that work under any prefix, without inline code and without blobs.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096,
    license: { fileName: "licenses.md" },
  },
  worker: { format: "es" },
});
