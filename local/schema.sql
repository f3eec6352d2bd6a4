-- The platform's database as far as the worker, the platform's own hands and the tests touch it:
-- tables, constraints, triggers and credit functions, with their rough edges, since the worker has
-- to live with them. Loaded once into the template of the local Postgres.

-- What Supabase brings along -----------------------------------------------------------------

create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;

create schema auth;
create schema storage;

create table auth.users (
  id uuid primary key default gen_random_uuid(),
  email text,
  created_at timestamptz not null default now()
);

create table storage.buckets (
  id text primary key,
  name text not null unique,
  public boolean not null default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text not null references storage.buckets (id),
  name text not null,
  version uuid not null default gen_random_uuid(),
  metadata jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_accessed_at timestamptz not null default now(),
  unique (bucket_id, name)
);

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
  'virtual-tryon-images', 'virtual-tryon-images', false, 10 * 1024 * 1024,
  array['image/jpeg', 'image/png', 'image/webp']
);

-- Ids are UUIDs of version 7: 48 bits of Unix milliseconds, then version, variant and randomness.
create function public.uuid_generate_v7() returns uuid
language sql volatile as $$
  select encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
          from 1 for 6
        ),
        52, 1
      ),
      53, 1
    ),
    'hex'
  )::uuid;
$$;

create function public.touch_updated_at() returns trigger
language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end;
$$;

-- People (B2C) ----------------------------------------------------------------------------------

create table public.users (
  id uuid primary key references auth.users (id) on delete cascade,
  email text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table public.user_credits (
  id uuid primary key default public.uuid_generate_v7(),
  user_id uuid not null unique references public.users (id) on delete cascade,
  balance integer not null default 10 check (balance >= 0),
  total_earned integer not null default 0,
  total_spent integer not null default 0,
  updated_at timestamptz not null default now()
);

-- No request id and nothing unique: a refund can be booked as often as it is asked for.
create table public.credit_transactions (
  id uuid primary key default public.uuid_generate_v7(),
  user_id uuid not null references public.users (id) on delete cascade,
  amount integer not null,
  type text not null check (type in ('signup_bonus', 'generation', 'refund')),
  description text,
  created_at timestamptz not null default now()
);

create table public.generation_sessions (
  id uuid primary key default public.uuid_generate_v7(),
  user_id uuid not null references public.users (id) on delete cascade,
  status text not null default 'queued'
    check (status in ('queued', 'pending', 'processing', 'completed', 'failed')),
  model_image_url text not null,
  outfit_image_url text,
  accessories jsonb default '[]',
  stitched_image_url text,
  prompt_system text not null,
  prompt_user text,
  generated_image_url text,
  credits_used integer default 1,
  error_message text,
  processing_time_ms integer,
  created_at timestamptz default now(),
  completed_at timestamptz,
  input_tokens integer,
  output_tokens integer,
  estimated_cost_usd numeric(10, 6)
);

create table public.analytics_events (
  id uuid primary key default public.uuid_generate_v7(),
  event_type text not null,
  user_id uuid references public.users (id) on delete set null,
  metadata jsonb default '{}',
  created_at timestamptz not null default now()
);

create trigger user_credits_touched before update on public.user_credits
  for each row execute function public.touch_updated_at();

create function public.welcome_new_user() returns trigger
language plpgsql security definer set search_path = public as $$
begin
  insert into users (id, email) values (new.id, new.email);
  insert into user_credits (user_id, balance, total_earned) values (new.id, 10, 10);
  insert into credit_transactions (user_id, amount, type, description)
  values (new.id, 10, 'signup_bonus', 'Welcome credits');
  return new;
end;
$$;

create trigger auth_user_signed_up after insert on auth.users
  for each row execute function public.welcome_new_user();

-- Stores and their shoppers (B2B) ---------------------------------------------------------------

create table public.stores (
  id uuid primary key default public.uuid_generate_v7(),
  shop_domain text not null unique,
  owner_user_id uuid references auth.users (id) on delete set null,
  billing_mode text not null default 'absorb_mode'
    check (billing_mode in ('absorb_mode', 'resell_mode')),
  status text not null default 'active',
  subscription_id text,
  subscription_tier text,
  subscription_status text,
  subscription_current_period_end timestamptz,
  paddle_customer_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table public.store_credits (
  id uuid primary key default public.uuid_generate_v7(),
  store_id uuid not null unique references public.stores (id) on delete cascade,
  balance integer not null default 0 check (balance >= 0),
  total_purchased integer not null default 0,
  total_spent integer not null default 0,
  updated_at timestamptz not null default now()
);

create table public.store_credit_transactions (
  id uuid primary key default public.uuid_generate_v7(),
  store_id uuid not null references public.stores (id) on delete cascade,
  amount integer not null,
  type text not null
    check (type in ('deduction', 'refund', 'purchase', 'subscription', 'overage')),
  request_id text,
  description text,
  created_at timestamptz not null default now(),
  constraint unique_credit_transaction_request unique (store_id, request_id, type)
);

create table public.store_shopper_credits (
  id uuid primary key default public.uuid_generate_v7(),
  store_id uuid not null references public.stores (id) on delete cascade,
  shopper_email text not null,
  balance integer not null default 0 check (balance >= 0),
  total_purchased integer not null default 0,
  total_spent integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (store_id, shopper_email)
);

-- `pending` is a person's status only; there are no columns for accessories or metadata.
create table public.store_generation_sessions (
  id uuid primary key default public.uuid_generate_v7(),
  store_id uuid not null references public.stores (id) on delete cascade,
  shopper_email text,
  status text not null default 'queued'
    check (status in ('queued', 'processing', 'completed', 'failed')),
  model_image_url text not null,
  outfit_image_url text,
  prompt_system text not null,
  prompt_user text,
  generated_image_url text,
  credits_used integer not null default 1,
  error_message text,
  processing_time_ms integer,
  request_id text,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  input_tokens integer,
  output_tokens integer,
  estimated_cost_usd numeric(10, 6)
);

create table public.store_analytics_events (
  id uuid primary key default public.uuid_generate_v7(),
  store_id uuid not null references public.stores (id) on delete cascade,
  event_type text not null,
  shopper_email text,
  metadata jsonb default '{}',
  created_at timestamptz not null default now()
);

create trigger stores_touched before update on public.stores
  for each row execute function public.touch_updated_at();
create trigger store_credits_touched before update on public.store_credits
  for each row execute function public.touch_updated_at();
create trigger store_shopper_credits_touched before update on public.store_shopper_credits
  for each row execute function public.touch_updated_at();

create function public.open_store_account() returns trigger
language plpgsql as $$
begin
  insert into store_credits (store_id) values (new.id);
  return new;
end;
$$;

create trigger store_created after insert on public.stores
  for each row execute function public.open_store_account();

-- Indexes that the worker's questions meet -------------------------------------------------------

create index on public.credit_transactions (user_id, created_at desc);
create index on public.generation_sessions (user_id, created_at desc);
create index generation_sessions_active on public.generation_sessions (created_at)
  where status in ('pending', 'processing');
create index on public.store_generation_sessions (store_id, created_at desc);
create index on public.store_generation_sessions (request_id);
create index on public.store_credit_transactions (store_id, created_at desc);
create index on public.analytics_events (event_type, created_at desc);
create index on public.store_analytics_events (store_id, created_at desc);

-- A person's credits ----------------------------------------------------------------------------

create function public.deduct_credits(
  p_user_id uuid, p_amount integer, p_description text default 'Image generation'
) returns boolean
language plpgsql as $$
declare
  available integer;
begin
  select balance into available from user_credits where user_id = p_user_id for update;
  if not found then
    raise exception 'User credits not found';
  end if;
  if available < p_amount then
    return false;
  end if;
  update user_credits
  set balance = balance - p_amount, total_spent = total_spent + p_amount
  where user_id = p_user_id;
  insert into credit_transactions (user_id, amount, type, description)
  values (p_user_id, -p_amount, 'generation', p_description);
  return true;
end;
$$;

-- Pays again on every call, and books the refund even where there is no balance row.
create function public.refund_credits(
  p_user_id uuid, p_amount integer, p_description text default 'Generation failed - refund'
) returns void
language plpgsql as $$
begin
  update user_credits
  set balance = balance + p_amount, total_spent = total_spent - p_amount
  where user_id = p_user_id;
  insert into credit_transactions (user_id, amount, type, description)
  values (p_user_id, p_amount, 'refund', p_description);
end;
$$;

-- A store's credits: one deduction and one refund for each request id -----------------------------

create function public.deduct_store_credits(
  p_store_id uuid, p_amount integer, p_request_id text,
  p_description text default 'B2B generation'
) returns boolean
language plpgsql as $$
declare
  available integer;
begin
  if p_amount <= 0 then
    raise exception 'Amount must be positive';
  end if;
  select balance into available from store_credits where store_id = p_store_id for update;
  if not found then
    raise exception 'Store credits not found';
  end if;
  if available < p_amount then
    return false;
  end if;
  update store_credits
  set balance = balance - p_amount, total_spent = total_spent + p_amount
  where store_id = p_store_id;
  insert into store_credit_transactions (store_id, amount, type, request_id, description)
  values (p_store_id, -p_amount, 'deduction', p_request_id, p_description);
  return true;
end;
$$;

create function public.refund_store_credits(
  p_store_id uuid, p_amount integer, p_request_id text,
  p_description text default 'Generation failed - refund'
) returns void
language plpgsql as $$
begin
  if p_amount <= 0 then
    raise exception 'Amount must be positive';
  end if;
  update store_credits
  set balance = balance + p_amount, total_spent = total_spent - p_amount
  where store_id = p_store_id;
  insert into store_credit_transactions (store_id, amount, type, request_id, description)
  values (p_store_id, p_amount, 'refund', p_request_id, p_description);
end;
$$;

create function public.add_store_credits(
  p_store_id uuid, p_amount integer, p_type text, p_request_id text,
  p_description text default 'Credits added'
) returns void
language plpgsql as $$
begin
  if p_amount <= 0 then
    raise exception 'Amount must be positive';
  end if;
  if p_type not in ('purchase', 'subscription') then
    raise exception 'Type must be purchase or subscription';
  end if;
  insert into store_credit_transactions (store_id, amount, type, request_id, description)
  values (p_store_id, p_amount, p_type, p_request_id, p_description)
  on conflict on constraint unique_credit_transaction_request do nothing;
  if not found then
    return;
  end if;
  update store_credits
  set balance = balance + p_amount, total_purchased = total_purchased + p_amount
  where store_id = p_store_id;
end;
$$;

-- A store's shopper: booked in the store's ledger, so a store refund and a shopper refund with the
-- same request id exclude each other ------------------------------------------------------------

create function public.deduct_store_shopper_credits(
  p_store_id uuid, p_shopper_email text, p_amount integer, p_request_id text,
  p_description text default 'B2B shopper generation'
) returns boolean
language plpgsql as $$
declare
  email text := lower(trim(p_shopper_email));
  available integer;
begin
  if p_amount <= 0 then
    raise exception 'Amount must be positive';
  end if;
  select balance into available from store_shopper_credits
  where store_id = p_store_id and shopper_email = email for update;
  if not found or available < p_amount then
    return false;
  end if;
  update store_shopper_credits
  set balance = balance - p_amount, total_spent = total_spent + p_amount
  where store_id = p_store_id and shopper_email = email;
  insert into store_credit_transactions (store_id, amount, type, request_id, description)
  values (
    p_store_id, -p_amount, 'deduction', p_request_id,
    p_description || ' (shopper=' || email || ')'
  );
  return true;
end;
$$;

create function public.refund_store_shopper_credits(
  p_store_id uuid, p_shopper_email text, p_amount integer, p_request_id text,
  p_description text default 'Generation failed - refund'
) returns void
language plpgsql as $$
declare
  email text := lower(trim(p_shopper_email));
begin
  if p_amount <= 0 then
    raise exception 'Amount must be positive';
  end if;
  update store_shopper_credits
  set balance = balance + p_amount, total_spent = total_spent - p_amount
  where store_id = p_store_id and shopper_email = email;
  if not found then
    raise exception 'Shopper credits not found';
  end if;
  insert into store_credit_transactions (store_id, amount, type, request_id, description)
  values (
    p_store_id, p_amount, 'refund', p_request_id,
    p_description || ' (shopper=' || email || ')'
  );
end;
$$;

-- Who may do what ---------------------------------------------------------------------------------

alter table public.users enable row level security;
alter table public.user_credits enable row level security;
alter table public.credit_transactions enable row level security;
alter table public.generation_sessions enable row level security;
alter table public.analytics_events enable row level security;

grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to anon, authenticated, service_role;
grant execute on all functions in schema public to anon, authenticated, service_role;
grant usage on schema auth, storage to service_role;
grant all on all tables in schema auth, storage to service_role;

-- Realtime -----------------------------------------------------------------------------------

-- Stands in for the publication supabase_realtime, which has both session tables.
create function public.notify_row_updated() returns trigger
language plpgsql as $$
begin
  perform pg_notify('row_updated', json_build_object('table', tg_table_name, 'id', new.id)::text);
  return null;
end $$;

create trigger realtime_updates after update on public.generation_sessions
for each row execute function public.notify_row_updated();
create trigger realtime_updates after update on public.store_generation_sessions
for each row execute function public.notify_row_updated();
