from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QuoteRequest(_message.Message):
    __slots__ = ("model", "request_model", "provider", "operation", "server_address", "service_tier", "batch", "region", "attributes", "usage", "time_unix_nano")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class UsageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    MODEL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_MODEL_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    SERVER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SERVICE_TIER_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    TIME_UNIX_NANO_FIELD_NUMBER: _ClassVar[int]
    model: str
    request_model: str
    provider: str
    operation: str
    server_address: str
    service_tier: str
    batch: bool
    region: str
    attributes: _containers.ScalarMap[str, str]
    usage: _containers.ScalarMap[str, float]
    time_unix_nano: int
    def __init__(self, model: _Optional[str] = ..., request_model: _Optional[str] = ..., provider: _Optional[str] = ..., operation: _Optional[str] = ..., server_address: _Optional[str] = ..., service_tier: _Optional[str] = ..., batch: _Optional[bool] = ..., region: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., usage: _Optional[_Mapping[str, float]] = ..., time_unix_nano: _Optional[int] = ...) -> None: ...

class QuoteResponse(_message.Message):
    __slots__ = ("status", "detail", "cost_usd", "cost", "parts", "row", "match", "provider", "list_cost_usd", "table_version")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    COST_USD_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    LIST_COST_USD_FIELD_NUMBER: _ClassVar[int]
    TABLE_VERSION_FIELD_NUMBER: _ClassVar[int]
    status: str
    detail: str
    cost_usd: str
    cost: float
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    row: str
    match: str
    provider: str
    list_cost_usd: str
    table_version: str
    def __init__(self, status: _Optional[str] = ..., detail: _Optional[str] = ..., cost_usd: _Optional[str] = ..., cost: _Optional[float] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., row: _Optional[str] = ..., match: _Optional[str] = ..., provider: _Optional[str] = ..., list_cost_usd: _Optional[str] = ..., table_version: _Optional[str] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("usage_class", "cost_usd", "cost")
    USAGE_CLASS_FIELD_NUMBER: _ClassVar[int]
    COST_USD_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    usage_class: str
    cost_usd: str
    cost: float
    def __init__(self, usage_class: _Optional[str] = ..., cost_usd: _Optional[str] = ..., cost: _Optional[float] = ...) -> None: ...

class ListPricesRequest(_message.Message):
    __slots__ = ("provider", "model", "usage_class", "time_unix_nano", "history", "page_size", "page_token")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    USAGE_CLASS_FIELD_NUMBER: _ClassVar[int]
    TIME_UNIX_NANO_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    usage_class: str
    time_unix_nano: int
    history: bool
    page_size: int
    page_token: str
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., usage_class: _Optional[str] = ..., time_unix_nano: _Optional[int] = ..., history: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPricesResponse(_message.Message):
    __slots__ = ("rows", "next_page_token", "table_version")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TABLE_VERSION_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[PriceRow]
    next_page_token: str
    table_version: str
    def __init__(self, rows: _Optional[_Iterable[_Union[PriceRow, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., table_version: _Optional[str] = ...) -> None: ...

class PriceRow(_message.Message):
    __slots__ = ("provider", "model", "row", "mode", "from_unix_nano", "to_unix_nano", "when", "prices", "source", "checked")
    class PricesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    FROM_UNIX_NANO_FIELD_NUMBER: _ClassVar[int]
    TO_UNIX_NANO_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    row: str
    mode: str
    from_unix_nano: int
    to_unix_nano: int
    when: str
    prices: _containers.ScalarMap[str, str]
    source: str
    checked: str
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., row: _Optional[str] = ..., mode: _Optional[str] = ..., from_unix_nano: _Optional[int] = ..., to_unix_nano: _Optional[int] = ..., when: _Optional[str] = ..., prices: _Optional[_Mapping[str, str]] = ..., source: _Optional[str] = ..., checked: _Optional[str] = ...) -> None: ...

class WatchTableRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Table(_message.Message):
    __slots__ = ("version", "models", "rows")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    version: str
    models: int
    rows: int
    def __init__(self, version: _Optional[str] = ..., models: _Optional[int] = ..., rows: _Optional[int] = ...) -> None: ...
