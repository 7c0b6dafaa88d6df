// What `make lint` asks of JavaScript. CommonJS, because the packages live in the
// cache folder and are found through NODE_PATH.
const js = require("@eslint/js");
const globals = require("globals");

module.exports = [
    js.configs.recommended,
    {
        files: ["**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            // Odoo's bundles bring these.
            globals: {
                ...globals.browser,
                odoo: "readonly",
                luxon: "readonly",
                Chart: "readonly",
            },
        },
        rules: {
            complexity: ["error", 12],
            eqeqeq: "error",
            "no-console": "error",
            "no-shadow": "error",
            "no-var": "error",
            "prefer-const": "error",
        },
    },
    {
        files: ["*.cjs"],
        languageOptions: {sourceType: "commonjs", globals: globals.node},
    },
];
