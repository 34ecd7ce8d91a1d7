// Whether documents are valid HTML, by html-validate with all that it recommends.
// Standard input: JSON [document]. Output: JSON, for each document the rules that it breaks, with
// what is said of it: {complaints: [{rule, message}]}.
import { readFileSync } from 'node:fs';
import { HtmlValidate } from 'html-validate';

const validator = new HtmlValidate({ root: true, extends: ['html-validate:recommended'] });

const judge = async (html) => {
  const { results } = await validator.validateString(html);
  const messages = results.flatMap((result) => result.messages);
  return {
    complaints: messages.map(({ ruleId, message, selector }) => ({
      rule: ruleId, message: selector ? `${message} (${selector})` : message,
    })),
  };
};

const documents = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await Promise.all(documents.map(judge))));
