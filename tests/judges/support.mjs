// What mail programs make of documents, by caniemail: features that some of them do not know.
// Standard input: JSON [document]. Output: JSON, for each document the features in it that are not
// supported, and where: {missing: {feature: [client]}}.
import { readFileSync } from 'node:fs';
import { caniemail } from 'caniemail';

const clients = ['gmail.*', 'outlook.*', 'apple-mail.*', 'yahoo.*'];

const judge = (html) => {
  const missing = {};
  for (const [client, issues] of caniemail({ clients, html }).issues.errors) {
    for (const { title } of issues) (missing[title] ??= new Set()).add(client);
  }
  return { missing: Object.fromEntries(
    Object.entries(missing).map(([title, found]) => [title, [...found].sort()]),
  ) };
};

const documents = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(documents.map(judge)));
