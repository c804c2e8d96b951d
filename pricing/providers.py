"""Who sells a call: one canonical id for every spelling, server address and telling model text.

Canonical ids are OpenTelemetry's where it has them and LiteLLM's otherwise. Data and four lookups;
an unknown name stays itself, and nothing is guessed from a name that several sellers share.
https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
"""

from __future__ import annotations

import re
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Final

from pricing.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Longer than any name, id or address; the rest of a longer text is not looked at.
MAX_TEXT: Final = 512

# Sellers of the table who are written one way.
_ONE_SPELLING: Final = (
    "abliteration aiand aihubmix aiml amazon_nova anyscale apiserpent avian cognition crusoe cursor "
    "dataforseo doubleword gmi gradient_ai kyma lemonade libertai linkup llamagate modal morph nimble "
    "nlp_cloud nscale opencode_go openinfer parallel_ai pinstripes qwencloud recraft sail scaledown "
    "scaleway serper soniox streamlake tavily tensormesh v0 zerogpu"
)
_SPELLINGS: Final[Mapping[str, str]] = {
    "openai": "openai openai_chat openai_responses openai_completion openai_embeddings open_ai "
    "text_completion_openai async_openai chat_openai openai_legacy",
    "anthropic": "anthropic anthropic_messages claude chat_anthropic",
    "aws.bedrock": "aws_bedrock bedrock aws amazon amazon_bedrock bedrock_converse chat_bedrock "
    "chat_bedrock_converse bedrock_chat aws_bedrock_runtime bedrock_runtime bedrock_mantle amazon_web_services",
    "azure.ai.openai": "azure_ai_openai az_ai_openai azure azure_openai azureopenai azure_text "
    "azure_chat_openai azure_openai_responses azure_openai_chat azure_cognitive_services",
    "azure.ai.inference": "azure_ai_inference az_ai_inference azure_ai azure_inference azure_foundry "
    "azure_ai_foundry azure_ai_studio",
    "gcp.gemini": "gcp_gemini gemini google google_genai gcp_gen_ai google_generative_ai google_ai "
    "google_ai_studio google_gla googleai generative_language google_gen_ai chat_google_generative_ai",
    "gcp.vertex_ai": "gcp_vertex_ai vertex_ai vertexai vertex google_vertex google_vertexai "
    "google_vertex_ai google_vertex_chat vertex_ai_anthropic gcp_vertexai google_vertex_anthropic "
    "anthropic_vertex chat_vertex_ai chat_vertexai vertex_ai_beta",
    "cohere": "cohere cohere_chat cohereai cohere_ai",
    "mistral_ai": "mistral_ai mistral mistralai mistralai_chat",
    "groq": "groq groqcloud groq_cloud chat_groq",
    "deepseek": "deepseek deep_seek",
    "x_ai": "x_ai xai grok",
    "perplexity": "perplexity perplexity_ai perplexityai pplx",
    "ibm.watsonx.ai": "ibm_watsonx_ai watsonx watsonx_ai ibm_watsonx ibm",
    "moonshot_ai": "moonshot_ai moonshot moonshotai kimi",
    "openrouter": "openrouter open_router openrouter_ai",
    "together_ai": "together_ai together togetherai",
    "fireworks_ai": "fireworks_ai fireworks fireworksai fireworks_ai_embedding_models",
    "ollama": "ollama ollama_chat ollama_cloud",
    "dashscope": "dashscope alibaba alibaba_cloud qwen alicloud aliyun tongyi alibaba_cloud_model_studio",
    "minimax": "minimax mini_max",
    "zai": "zai z_ai zhipu zhipuai zhipu_ai",
    "ai21": "ai21 ai21_chat ai21_labs",
    "voyage": "voyage voyageai voyage_ai",
    "replicate": "replicate",
    "cerebras": "cerebras",
    "deepinfra": "deepinfra deep_infra",
    "nvidia_nim": "nvidia_nim nvidia nim nvidia_ai_endpoints",
    "huggingface": "huggingface hugging_face hugging_face_hub hf huggingface_hub",
    "sambanova": "sambanova samba_nova sambanova_cloud",
    "vercel_ai_gateway": "vercel_ai_gateway gateway_vercel vercel ai_gateway",
    "github": "github github_models",
    "github_copilot": "github_copilot copilot",
    "snowflake": "snowflake snowflake_cortex cortex",
    "databricks": "databricks databricks_model_serving",
    "volcengine": "volcengine volcengine_ark doubao byteplus ark",
    "baseten": "baseten",
    "cloudflare": "cloudflare workers_ai cloudflare_workers_ai",
    "elevenlabs": "elevenlabs eleven_labs",
    "deepgram": "deepgram",
    "assemblyai": "assemblyai assembly_ai",
    "jina_ai": "jina_ai jina",
    "stability": "stability stability_ai stabilityai",
    "fal_ai": "fal_ai fal",
    "runwayml": "runwayml runway",
    "lambda_ai": "lambda_ai lambda lambdalabs",
    "nebius": "nebius nebius_ai nebius_ai_studio",
    "novita": "novita novita_ai",
    "hyperbolic": "hyperbolic",
    "oci": "oci oracle oci_genai oracle_cloud",
    "ovhcloud": "ovhcloud ovh",
    "reka": "reka",
    "writer": "writer",
    "lm_studio": "lm_studio lmstudio",
    "vllm": "vllm hosted_vllm",
    "friendliai": "friendliai friendli",
    "black_forest_labs": "black_forest_labs bfl",
    "aleph_alpha": "aleph_alpha",
    "aws_polly": "aws_polly amazon_polly polly",
    "tencent": "tencent tencent_cloud hunyuan",
    "inception": "inception inception_labs",
    "arcee": "arcee arcee_ai",
    "wandb": "wandb weights_and_biases",
    "xiaomi_mimo": "xiaomi_mimo xiaomi",
    **{name: name for name in _ONE_SPELLING.split()},
}

_CANONICAL: Final[Mapping[str, str]] = {
    spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings.split()
}
# `AzureChatOpenAI`, `jinaai`: class names and the like write no separators.
_SQUEEZED: Final[Mapping[str, str]] = {
    spelling.replace("_", ""): name for spelling, name in _CANONICAL.items()
}

# What stands where a provider should and sells nothing itself: the model's text says more.
GATEWAYS: Final = frozenset(
    {
        "",
        "litellm",
        "litellm_proxy",
        "portkey",
        "helicone",
        "langchain",
        "llama_index",
        "custom",
        "unknown",
        "other",
        "_other",
        "openai_compatible",
        "openai_like",
        "gateway",
        "kong",
        "truefoundry",
        "agentgateway",
        "llm_gateway",
    }
)

_HOSTS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:[a-z-]+\.)?api\.openai\.com", "openai"),
    (r".+\.openai\.azure\.(?:com|us|cn)|.+\.cognitiveservices\.azure\.com", "azure.ai.openai"),
    (
        r".+\.(?:services|inference)\.ai\.azure\.com|models\.inference\.ai\.azure\.com",
        "azure.ai.inference",
    ),
    (r"api\.anthropic\.com", "anthropic"),
    (
        r"bedrock(?:-[a-z]+)*(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws|api\.aws)(?:\.com(?:\.cn)?)?",
        "aws.bedrock",
    ),
    (r".+\.bedrock-runtime\.[a-z0-9-]+\.vpce\.amazonaws\.com", "aws.bedrock"),
    (r"generativelanguage\.googleapis\.com", "gcp.gemini"),
    (
        r"(?:[a-z0-9-]+-)?aiplatform(?:\.[a-z0-9.]+)?\.(?:googleapis|goog)(?:\.com)?",
        "gcp.vertex_ai",
    ),
    (r"api\.cohere\.(?:com|ai)", "cohere"),
    (r"(?:api|codestral)\.mistral\.ai", "mistral_ai"),
    (r"api\.groq\.com", "groq"),
    (r"api\.deepseek\.com", "deepseek"),
    (r"(?:[a-z0-9-]+\.)?api\.x\.ai", "x_ai"),
    (r"api\.perplexity\.ai", "perplexity"),
    (r".+\.ml\.cloud\.ibm\.com", "ibm.watsonx.ai"),
    (r"api\.moonshot\.(?:ai|cn)", "moonshot_ai"),
    (r"(?:[a-z]+\.)?openrouter\.ai", "openrouter"),
    (r"api\.together\.(?:xyz|ai)", "together_ai"),
    (r"api\.fireworks\.ai", "fireworks_ai"),
    (r"(?:dashscope(?:-[a-z]+)?)\.aliyuncs\.com", "dashscope"),
    (r"api\.minimaxi?\.(?:com|chat|io)", "minimax"),
    (r"api\.z\.ai|open\.bigmodel\.cn", "zai"),
    (r"api\.ai21\.com", "ai21"),
    (r"api\.voyageai\.com", "voyage"),
    (r"api\.replicate\.com", "replicate"),
    (r"api\.cerebras\.ai", "cerebras"),
    (r"api\.deepinfra\.com", "deepinfra"),
    (r"integrate\.api\.nvidia\.com", "nvidia_nim"),
    (r"(?:router|api-inference)\.huggingface\.co", "huggingface"),
    (r"api\.sambanova\.ai", "sambanova"),
    (r"ai-gateway\.vercel\.sh", "vercel_ai_gateway"),
    (r"models\.github\.ai", "github"),
    (r"api\.githubcopilot\.com", "github_copilot"),
    (r".+\.snowflakecomputing\.com", "snowflake"),
    (r".+\.cloud\.databricks\.com|.+\.azuredatabricks\.net", "databricks"),
    (r"ark\.[a-z0-9-]+\.volces\.com", "volcengine"),
    (r"inference\.baseten\.co", "baseten"),
    (r"api\.elevenlabs\.io", "elevenlabs"),
    (r"api\.deepgram\.com", "deepgram"),
    (r"api\.jina\.ai", "jina_ai"),
    (r"api\.stability\.ai", "stability"),
    (r"(?:queue\.|)fal\.run", "fal_ai"),
    (r"api\.studio\.nebius\.(?:ai|com)|api\.tokenfactory\.nebius\.com", "nebius"),
    (r"api\.novita\.ai", "novita"),
    (r"api\.hyperbolic\.xyz", "hyperbolic"),
    (r"api\.lambda\.ai", "lambda_ai"),
    (r"(?:inference|generativeai)\..+\.oci\.oraclecloud\.com", "oci"),
)
_HOST_TABLE: Final = tuple((Pattern(pattern), name) for pattern, name in _HOSTS)

BEDROCK_VENDORS: Final = (
    "amazon|anthropic|meta|mistral|cohere|ai21|stability|deepseek|qwen|openai|writer|twelvelabs|luma|"
    "moonshot|moonshotai|minimax|nvidia|google|zai|xai"
)
BEDROCK_GEOS: Final = "us-gov|us|eu|apac|au|jp|ca|global"
_BEDROCK_ID: Final = Pattern(
    rf"(?:arn:aws[a-z-]*:bedrock:|(?:{BEDROCK_GEOS})\.(?:{BEDROCK_VENDORS})\.|(?:{BEDROCK_VENDORS})\.[a-z]).*"
)
_VERTEX_ID: Final = Pattern(r"(?:projects/.+|publishers/[^/]+/models/.+|claude-[a-z0-9-]+@.+)")

# Names that one vendor coined; only where nothing else tells the seller.
_COINED: Final = Pattern(
    r"(?P<openai>(?:ft:)?(?:gpt-[3-9]|gpt-image|gpt-audio|gpt-realtime|chatgpt-|o[134](?:-|$)|"
    r"text-embedding-(?:3|ada)|dall-e|whisper-1|tts-1|davinci|babbage|curie|omni-moderation|"
    r"codex-|computer-use-preview|sora-))"
    r"|(?P<anthropic>claude)"
    r"|(?P<gcp_gemini>(?:models/)?(?:gemini|imagen|veo|learnlm)-)"
    r"|(?P<cohere>command(?:-|$)|embed-(?:v4|english|multilingual)|rerank-|c4ai-)"
    r"|(?P<mistral_ai>(?:open-)?(?:mistral|mixtral|codestral|ministral|magistral|pixtral|devstral|voxtral)-)"
    r"|(?P<deepseek>deepseek-)"
    r"|(?P<x_ai>grok-)"
    r"|(?P<perplexity>sonar(?:-|$))"
    r"|(?P<moonshot_ai>(?:kimi|moonshot)-)"
    r"|(?P<voyage>voyage-)"
    r"|(?P<fireworks_ai>accounts/fireworks/)"
)


def remembered(find: Callable[[str], str]) -> Callable[[str], str]:
    """A bounded memo; texts come from strangers, so their length has a bound too."""
    kept = lru_cache(1024)(find)

    @wraps(find)
    def ask(text: str) -> str:
        return kept(text[:MAX_TEXT])

    return ask


@remembered
def canonical(name: str) -> str:
    """The provider's id for any spelling of it; an unknown name comes back lowercased."""
    spelled = re.sub(r"[\s./:-]+", "_", name.strip().lower()).strip("_")
    found = _CANONICAL.get(spelled)
    if found is None and spelled.startswith("vertex_ai_"):  # LiteLLM's vertex_ai-llama_models
        return "gcp.vertex_ai"
    head = name.strip().lower()
    while found is None and "." in head:  # openai.chat, google.vertex.chat, mistral.chat
        head = head.rpartition(".")[0]
        found = _CANONICAL.get(re.sub(r"[\s./:-]+", "_", head))
    found = found or _SQUEEZED.get(spelled.replace("_", ""))
    return found or (name.strip().lower() if spelled not in GATEWAYS else spelled)


def known(name: str) -> bool:
    """Whether a name is the id of a provider this module knows."""
    return name in _SPELLINGS


@remembered
def near(name: str) -> str:
    """The known spelling most like a name that is not known; empty where nothing is."""
    from difflib import get_close_matches  # noqa: PLC0415  only for what somebody typed

    if known(name):
        return ""
    return next(iter(get_close_matches(name[:MAX_TEXT].lower(), _CANONICAL, 1, 0.8)), "")


def from_address(host: str) -> str:
    """The provider behind a server address (host, host:port or URL); empty where unknown."""
    bare = bare_host(host)
    if not bare:  # most calls name none, and the patterns need not be compiled for them
        return ""
    return next((name for pattern, name in _HOST_TABLE if pattern.fullmatch(bare)), "")


@remembered
def from_grammar(model: str) -> str:
    """The one seller whose ids are written that way (Bedrock, Vertex AI); empty where unknown."""
    text = model.lower()
    if _BEDROCK_ID.fullmatch(text):
        return "aws.bedrock"
    return "gcp.vertex_ai" if _VERTEX_ID.fullmatch(text) else ""


def from_prefix(model: str) -> tuple[str, str]:
    """Provider and rest of `openai/gpt-4o` or `bedrock/us.amazon...`; both empty without one."""
    prefix, slash, rest = model.partition("/")
    name = canonical(prefix) if slash else ""
    return (name, rest) if rest and name in _SPELLINGS else ("", "")


@remembered
def from_model(text: str) -> str:
    """The provider that a model's text tells of on its own; empty where it tells none."""
    found = from_grammar(text)
    if found:
        return found
    match = _COINED.match(text.lower())
    if match is not None and match.lastgroup is not None:
        return match.lastgroup.replace("gcp_", "gcp.")
    return from_prefix(text)[0]


def bare_host(host: str) -> str:
    """The host of an address or URL: without scheme, port and path."""
    text = host.strip().lower()
    text = text.partition("://")[2] or text
    return text.partition("/")[0].partition(":")[0].rstrip(".")
