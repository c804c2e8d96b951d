// An application with one of OpenTelemetry's own exporters, beside the node_modules of its driver.
// otlp_exporters.mjs grpc|proto|http COUNT: so many calls to a model, each with its number as usage;
// where to send them is in OTEL_EXPORTER_OTLP_*. Ends with 1 if the exporter says that one was lost.
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { SpanKind } from '@opentelemetry/api';

const [protocol, count] = process.argv.slice(2);
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${protocol}`);
const exporter = new OTLPTraceExporter();
const told = {
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      if (result.code !== 0) process.exitCode = 1;
      if (result.error) console.error(result.error);
      done(result);
    }),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
};
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(told)] });
const tracer = provider.getTracer('an.application', '1.2.3');
for (let number = 1; number <= Number(count); number += 1) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.request.temperature': 0.5,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': number,
    'gen_ai.usage.output_tokens': 2 * number,
  };
  const span = tracer.startSpan(`call ${number}`, { kind: SpanKind.CLIENT, attributes });
  span.addEvent('söme event', { at: number });
  span.end();
}
await provider.shutdown();
