// SPDX-License-Identifier: MIT
// Draws the panels that stand on standard input, an object by name of {spec, data}, with Vega and
// Vega-Lite of the major versions that Kibana has. Writes an object by name of {svg, marks, warnings}:
// the picture, how many marks stand in it, and what Vega had to say against the panel.
import { readFileSync, writeFileSync } from 'node:fs';
import * as vega from 'vega';
import { compile } from 'vega-lite';

function logger(warnings) {
  const say = (...words) => {
    warnings.push(words.join(' '));
    return log;
  };
  const quiet = () => log;
  const log = { level: quiet, error: say, warn: say, info: quiet, debug: quiet };
  return log;
}

// Marks that show data: of the groups, those that Vega-Lite calls marks, not axes and legends.
function countMarks(node) {
  const own = node.name?.endsWith('marks') ? node.items.length : 0;
  return (node.items ?? []).reduce((sum, item) => sum + countMarks(item), own);
}

async function draw({ spec, data }) {
  const warnings = [];
  const log = logger(warnings);
  const chart = { ...spec, width: 600, height: 300, data: { ...spec.data, url: undefined, values: data } };
  const view = new vega.View(vega.parse(compile(chart, { logger: log }).spec), {
    renderer: 'none',
    logger: log,
  });
  const svg = await view.toSVG();
  return { svg, marks: countMarks(view.scenegraph().root), warnings };
}

const drawn = {};
for (const [name, panel] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  drawn[name] = await draw(panel);
}
writeFileSync(1, JSON.stringify(drawn));
