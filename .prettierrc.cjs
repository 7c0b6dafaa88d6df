// How `make fmt` writes JavaScript, XML and style sheets. CommonJS, because the
// packages live in the cache folder and are found through NODE_PATH.
module.exports = {
    plugins: [require.resolve("@prettier/plugin-xml")],
    printWidth: 88,
    tabWidth: 4,
    bracketSpacing: false,
    xmlSelfClosingSpace: true,
    // White space may be text for people in a view: it is kept as written.
    xmlWhitespaceSensitivity: "strict",
};
