// An application of the Vercel AI SDK; run beside the node_modules of its driver.
// vercel_ai_calls.mjs PROVIDER_URL SETUP.mjs: the set-up is the user's own code, taken from
// docs/instrumentations.md. Each call has a root span of its own, named as the call.
import { pathToFileURL } from 'node:url';

const [baseURL, setup] = process.argv.slice(2);
const { provider } = await import(pathToFileURL(setup));
const { createOpenAI } = await import('@ai-sdk/openai');
const { embedMany, generateText, isStepCount, streamText, tool } = await import('ai');
const { trace } = await import('@opentelemetry/api');
const { z } = await import('zod');

const prompt = 'Where is order 48213?';
const quiet = { maxRetries: 0 };

async function stream(openai) {
  const answer = streamText({ model: openai.chat('gpt-4o'), prompt, ...quiet });
  for await (const _ of answer.textStream);
}

const orderStatus = tool({
  description: 'Where an order is.',
  inputSchema: z.object({ order: z.number() }),
  execute: async ({ order }) => `${order} is shipped`,
});

const CALLS = {
  chat: (openai) => generateText({ model: openai.chat('gpt-4o'), prompt, ...quiet }),
  cached: (openai) => generateText({ model: openai.chat('gpt-4o'), prompt, ...quiet }),
  reasoning: (openai) => generateText({ model: openai.chat('gpt-5-mini'), prompt, ...quiet }),
  stream,
  'stream-cached': stream,
  tool: (openai) =>
    generateText({
      model: openai.chat('gpt-4o'),
      prompt,
      tools: { order_status: orderStatus },
      stopWhen: isStepCount(3),
      ...quiet,
    }),
  embeddings: (openai) =>
    embedMany({ model: openai.embedding('text-embedding-3-small'), values: ['one', 'two'], ...quiet }),
  responses: (openai) => generateText({ model: openai.responses('gpt-5-mini'), prompt, ...quiet }),
  'responses-cached-reasoning': (openai) =>
    generateText({ model: openai.responses('gpt-5-mini'), prompt, ...quiet }),
  refused: (openai) => generateText({ model: openai.chat('gpt-4o'), prompt, ...quiet }),
  retried: (openai) => generateText({ model: openai.chat('gpt-4o'), prompt, maxRetries: 1 }),
  inhouse: (openai) => generateText({ model: openai.chat('inhouse-summary-7b'), prompt, ...quiet }),
};

const tracer = trace.getTracer('drive');
for (const [label, call] of Object.entries(CALLS)) {
  await tracer.startActiveSpan(label, async (span) => {
    const openai = createOpenAI({ baseURL, apiKey: 'none', headers: { 'x-drive': label } });
    try {
      await call(openai);
    } catch (refusal) {
      if (label !== 'refused') throw refusal;
    } finally {
      span.end();
    }
  });
}
await provider.shutdown(); // sends what is left
