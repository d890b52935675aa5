// Compiles TypeScript projects as `tsc -p` does, one for each line of its input; what the packages declare is parsed once.
// A line is {"project": path of a tsconfig.json, "options": compiler options that win over its own}; the answer is a line
// of JSON, the text of all errors, empty if there are none.
'use strict';
const { createInterface } = require('node:readline');
const ts = require(require.resolve('typescript', { paths: [process.argv[2]] }));

const parsed = new Map();

/** A host that parses a declaration of a package once for all projects whose options are the same, places aside. */
function hostFor(options) {
  const { configFilePath, outDir, rootDir, baseUrl, pathsBasePath, ...same } = options;
  const key = JSON.stringify(same);
  const host = ts.createCompilerHost(options);
  const parse = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...others) => {
    if (!name.includes('/node_modules/')) return parse(name, ...others);
    const place = `${name}\n${key}`;
    if (!parsed.has(place)) parsed.set(place, parse(name, ...others));
    return parsed.get(place);
  };
  return host;
}

function compile({ project, options }) {
  const errors = [];
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error) => errors.push(error) };
  const { options: overriding, errors: unknown } = ts.convertCompilerOptionsFromJson(options, '.');
  const config = ts.getParsedCommandLineOfConfigFile(project, overriding, host);
  errors.push(...unknown, ...(config?.errors ?? []));
  if (config) {
    const program = ts.createProgram(config.fileNames, config.options, hostFor(config.options));
    errors.push(...ts.getPreEmitDiagnostics(program));
    if (!config.options.noEmit) errors.push(...program.emit().diagnostics);
  }
  return ts.formatDiagnostics(errors, {
    getCurrentDirectory: () => '',
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(compile(JSON.parse(line)))}\n`);
});
