import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_go_features,
  file_google_protobuf_java_features,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import type { DescFile } from '@bufbuild/protobuf'
import { camelCase } from './names.ts'

/** The files that come with the language. */
export const wellKnown: ReadonlyMap<string, DescFile> = new Map(
  [
    file_google_protobuf_any,
    file_google_protobuf_api,
    file_google_protobuf_cpp_features,
    file_google_protobuf_descriptor,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_go_features,
    file_google_protobuf_java_features,
    file_google_protobuf_source_context,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_type,
    file_google_protobuf_wrappers,
  ].map((file) => [`${file.name}.proto`, file]),
)

const googleType = (outer: string, body: string, imports = ''): string => `syntax = "proto3";
package google.type;
${imports}
option java_multiple_files = true;
option java_outer_classname = "${outer}Proto";
option java_package = "com.google.type";
${body}`

const confluentType = (outer: string, body: string): string => `syntax = "proto3";
package confluent.type;
option java_package = "io.confluent.protobuf.type";
option java_multiple_files = true;
option java_outer_classname = "${outer}Proto";
${body}`

const months = 'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER'
const enumeration = (name: string, values: string): string =>
  `enum ${name} { ${values
    .split(' ')
    .map((value, number) => `${value} = ${number};`)
    .join(' ')} }`
const date = 'int32 year = 1; int32 month = 2; int32 day = 3;'

/** Further files that every registry of this API has: the numbers, types and names of fields are those of their publishers. */
export const common: ReadonlyMap<string, string> = new Map([
  [
    'google/type/calendar_period.proto',
    googleType(
      'CalendarPeriod',
      enumeration('CalendarPeriod', 'CALENDAR_PERIOD_UNSPECIFIED DAY WEEK FORTNIGHT MONTH QUARTER HALF YEAR'),
    ),
  ],
  [
    'google/type/color.proto',
    googleType(
      'Color',
      'message Color { float red = 1; float green = 2; float blue = 3; google.protobuf.FloatValue alpha = 4; }',
      'import "google/protobuf/wrappers.proto";',
    ),
  ],
  ['google/type/date.proto', googleType('Date', `message Date { ${date} }`)],
  [
    'google/type/datetime.proto',
    googleType(
      'DateTime',
      `message DateTime { ${date} int32 hours = 4; int32 minutes = 5; int32 seconds = 6; int32 nanos = 7;
        oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; } }
      message TimeZone { string id = 1; string version = 2; }`,
      'import "google/protobuf/duration.proto";',
    ),
  ],
  [
    'google/type/dayofweek.proto',
    googleType(
      'DayOfWeek',
      enumeration('DayOfWeek', 'DAY_OF_WEEK_UNSPECIFIED MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY'),
    ),
  ],
  ['google/type/decimal.proto', googleType('Decimal', 'message Decimal { string value = 1; }')],
  [
    'google/type/expr.proto',
    googleType(
      'Expr',
      'message Expr { string expression = 1; string title = 2; string description = 3; string location = 4; }',
    ),
  ],
  [
    'google/type/fraction.proto',
    googleType('Fraction', 'message Fraction { int64 numerator = 1; int64 denominator = 2; }'),
  ],
  [
    'google/type/interval.proto',
    googleType(
      'Interval',
      'message Interval { google.protobuf.Timestamp start_time = 1; google.protobuf.Timestamp end_time = 2; }',
      'import "google/protobuf/timestamp.proto";',
    ),
  ],
  ['google/type/latlng.proto', googleType('LatLng', 'message LatLng { double latitude = 1; double longitude = 2; }')],
  [
    'google/type/money.proto',
    googleType('Money', 'message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }'),
  ],
  ['google/type/month.proto', googleType('Month', enumeration('Month', `MONTH_UNSPECIFIED ${months}`))],
  [
    'google/type/phone_number.proto',
    googleType(
      'PhoneNumber',
      `message PhoneNumber { message ShortCode { string region_code = 1; string number = 2; }
        oneof kind { string e164_number = 1; ShortCode short_code = 2; } string extension = 3; }`,
    ),
  ],
  [
    'google/type/postal_address.proto',
    googleType(
      'PostalAddress',
      `message PostalAddress { int32 revision = 1; string region_code = 2; string language_code = 3;
        string postal_code = 4; string sorting_code = 5; string administrative_area = 6; string locality = 7;
        string sublocality = 8; repeated string address_lines = 9; repeated string recipients = 10;
        string organization = 11; }`,
    ),
  ],
  [
    'google/type/quaternion.proto',
    googleType('Quaternion', 'message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }'),
  ],
  [
    'google/type/timeofday.proto',
    googleType(
      'TimeOfDay',
      'message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }',
    ),
  ],
  [
    'confluent/meta.proto',
    `syntax = "proto3";
package confluent;
import "google/protobuf/descriptor.proto";
option java_package = "io.confluent.protobuf";
option java_outer_classname = "MetaProto";
message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; repeated Rule rules = 4; }
message Rule { string name = 1; string doc = 2; string expr = 3; string sql = 4; }
${['file', 'message', 'field', 'enum', 'enum_value']
  .map((kind) => `extend google.protobuf.${camelCase(kind)}Options { Meta ${kind}_meta = 1088; }`)
  .join('\n')}`,
  ],
  [
    'confluent/type/decimal.proto',
    confluentType('Decimal', 'message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }'),
  ],
  [
    'confluent/type/variant.proto',
    confluentType('Variant', 'message Variant { bytes metadata = 1; bytes value = 2; }'),
  ],
])
